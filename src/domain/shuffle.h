/*
 * The draw's arithmetic: a keyed shuffle of the entry numbers 1 to last. Given seed and list it is
 * fixed, without them it is as good as chance, and anybody works out one number without the rest.
 *
 * docs/draw.md says the same in words; docs/draw.py is a second implementation.
 */
#ifndef FRONTROW_DOMAIN_SHUFFLE_H
#define FRONTROW_DOMAIN_SHUFFLE_H

#include <stdint.h>

#include "base/digest.h"

#define SHUFFLE_ALGORITHM "frontrow-shuffle-1"

enum { SHUFFLE_SEED_BYTES = 32 };

struct shuffle {
    uint8_t key[DIGEST_BYTES];
    uint64_t last;
    unsigned high_bits;
    unsigned low_bits;
};

/* The shuffle of a seed and the hash of the list of entrants, over the numbers 1 to last (below 2^40). */
struct shuffle shuffle_new(const uint8_t seed[SHUFFLE_SEED_BYTES], const uint8_t list_hash[DIGEST_BYTES],
                           uint64_t last);

/* The number that an entry number is given. What is not in 1 to last stays as it is. */
uint64_t shuffle_number(const struct shuffle *shuffle, uint64_t entry);

#endif
