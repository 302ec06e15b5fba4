#include "domain/shuffle.h"

#include <string.h>

#define LABEL "frontrow draw 1\n"

enum { ROUNDS = 8, ROUND_BYTES = DIGEST_BYTES + 1 + 4 };

struct shuffle shuffle_new(const uint8_t seed[SHUFFLE_SEED_BYTES], const uint8_t list_hash[DIGEST_BYTES], uint64_t last)
{
    struct shuffle shuffle = {.last = last};
    uint8_t message[sizeof(LABEL) - 1 + SHUFFLE_SEED_BYTES + DIGEST_BYTES];
    unsigned bits = 2;

    memcpy(message, LABEL, sizeof(LABEL) - 1);
    memcpy(message + sizeof(LABEL) - 1, seed, SHUFFLE_SEED_BYTES);
    memcpy(message + sizeof(LABEL) - 1 + SHUFFLE_SEED_BYTES, list_hash, DIGEST_BYTES);
    digest_sha256(message, sizeof(message), shuffle.key);
    while (UINT64_C(1) << bits < last)
        bits++;
    shuffle.high_bits = bits / 2;
    shuffle.low_bits = bits - bits / 2;
    return shuffle;
}

/* The first four bytes of SHA-256(key, round, half), cut to the bits of the other half. */
static uint32_t scramble(const struct shuffle *shuffle, uint8_t round, uint32_t half, unsigned bits)
{
    uint8_t message[ROUND_BYTES];
    uint8_t digest[DIGEST_BYTES];

    memcpy(message, shuffle->key, DIGEST_BYTES);
    message[DIGEST_BYTES] = round;
    for (int i = 0; i < 4; i++)
        message[DIGEST_BYTES + 1 + i] = (uint8_t)(half >> (24 - 8 * i));
    digest_sha256(message, sizeof(message), digest);
    uint32_t value =
        (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 | (uint32_t)digest[3];
    return value & ((UINT32_C(1) << bits) - 1);
}

/* A Feistel network: each round changes one half by a function of the other, so it can always be undone. */
static uint64_t once(const struct shuffle *shuffle, uint64_t index)
{
    uint32_t high = (uint32_t)(index >> shuffle->low_bits);
    uint32_t low = (uint32_t)(index & ((UINT64_C(1) << shuffle->low_bits) - 1));

    for (uint8_t round = 0; round < ROUNDS; round += 2) {
        high ^= scramble(shuffle, round, low, shuffle->high_bits);
        low ^= scramble(shuffle, round + 1, high, shuffle->low_bits);
    }
    return (uint64_t)high << shuffle->low_bits | low;
}

/* The network shuffles a power of two; walking on until an index is in range shuffles just that range. */
uint64_t shuffle_number(const struct shuffle *shuffle, uint64_t entry)
{
    uint64_t index = entry - 1;

    if (entry < 1 || entry > shuffle->last)
        return entry;
    do
        index = once(shuffle, index);
    while (index >= shuffle->last);
    return index + 1;
}
