/*
 * Draws in MySQL: the seed from before the opening, and what was drawn from. A settled draw never
 * changes.
 */
#ifndef FRONTROW_STORE_DRAWS_H
#define FRONTROW_STORE_DRAWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/call.h"
#include "base/digest.h"

struct draw {
    uint8_t seed[DIGEST_BYTES];
    uint8_t commitment[DIGEST_BYTES];
    int64_t drawn_ms; /* 0: not yet, and what follows means nothing */
    uint64_t last_entry;
    uint64_t entrants;
    uint8_t list_hash[DIGEST_BYTES];
};

/* The concert's draw; one with a fresh seed is made when it has none. DONE, NOT_FOUND or UNAVAILABLE. */
enum outcome draws_find(struct call *call, uint64_t concert_id, struct draw *draw);

/*
 * Write down what is drawn from, unless that was done already; *draw is then what counts. list has
 * bit n (0x80 >> n % 8 of byte n / 8) set when entry number n takes part.
 */
enum outcome draws_settle(struct call *call, uint64_t concert_id, const void *list, size_t length, struct draw *draw);

/* The list, on call->mem. DONE, NOT_FOUND (nothing was drawn) or UNAVAILABLE. */
enum outcome draws_list(struct call *call, uint64_t concert_id, const uint8_t **list, size_t *length);

#endif
