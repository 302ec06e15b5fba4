/* cmocka.h wants these first. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdlib.h>
#include <string.h>

#include "domain/shuffle.h"

static struct shuffle shuffle_of(uint32_t chance, uint64_t last)
{
    uint8_t seed[SHUFFLE_SEED_BYTES] = {0};
    uint8_t list_hash[DIGEST_BYTES];

    memcpy(seed, &chance, sizeof(chance));
    memset(list_hash, 7, sizeof(list_hash));
    return shuffle_new(seed, list_hash, last);
}

static void every_number_is_given_once(void **state)
{
    static const uint64_t lasts[] = {1, 2, 3, 4, 5, 7, 8, 9, 100, 1023, 1024, 1025, 5000};

    (void)state;
    for (size_t i = 0; i < sizeof(lasts) / sizeof(lasts[0]); i++) {
        struct shuffle shuffle = shuffle_of(1, lasts[i]);
        uint8_t *seen = calloc(lasts[i] + 1, 1);
        for (uint64_t entry = 1; entry <= lasts[i]; entry++) {
            uint64_t number = shuffle_number(&shuffle, entry);
            assert_in_range(number, 1, lasts[i]);
            assert_int_equal(seen[number]++, 0);
        }
        free(seen);
    }
}

static void an_entry_that_is_not_in_the_draw_stays(void **state)
{
    struct shuffle shuffle = shuffle_of(1, 10);

    (void)state;
    assert_int_equal(shuffle_number(&shuffle, 0), 0);
    assert_int_equal(shuffle_number(&shuffle, 11), 11);
}

/* The second implementation, docs/draw.py, is held to the same numbers by its own test. */
static void known_seeds_give_known_numbers(void **state)
{
    static const uint64_t known[] = {8, 5, 10, 7, 6, 1, 9, 2, 4, 3};
    uint8_t seed[SHUFFLE_SEED_BYTES];
    uint8_t list_hash[DIGEST_BYTES];

    (void)state;
    for (uint8_t i = 0; i < 32; i++) {
        seed[i] = i;
        list_hash[i] = (uint8_t)(255 - i);
    }
    struct shuffle small = shuffle_new(seed, list_hash, 10);
    for (uint64_t entry = 1; entry <= 10; entry++)
        assert_int_equal(shuffle_number(&small, entry), known[entry - 1]);
    struct shuffle large = shuffle_new(seed, list_hash, 1000000);
    assert_int_equal(shuffle_number(&large, 1), 100914);
    assert_int_equal(shuffle_number(&large, 262144), 196147);
    assert_int_equal(shuffle_number(&large, 1000000), 709432);
}

/* Chi-square over cells with equal chances, as its distance from the mean in standard deviations. */
static double deviations(const unsigned *cells, size_t count, double expected)
{
    double chi_square = 0;

    for (size_t i = 0; i < count; i++)
        chi_square += (cells[i] - expected) * (cells[i] - expected) / expected;
    double degrees = (double)count - 1;
    return (chi_square - degrees) / __builtin_sqrt(2 * degrees);
}

/* Every entry gets every number equally often, over many draws: a table of N x N cells. */
static void check_uniform(uint64_t last, uint32_t draws)
{
    unsigned *cells = calloc(last * last, sizeof(*cells));

    for (uint32_t draw = 0; draw < draws; draw++) {
        struct shuffle shuffle = shuffle_of(draw, last);
        for (uint64_t entry = 1; entry <= last; entry++)
            cells[(entry - 1) * last + shuffle_number(&shuffle, entry) - 1]++;
    }
    double off = deviations(cells, last * last, (double)draws / (double)last);
    free(cells);
    assert_true(off > -5 && off < 5);
}

static void numbers_are_uniform_over_many_draws(void **state)
{
    (void)state;
    check_uniform(2, 20000);
    check_uniform(3, 20000);
    check_uniform(7, 20000);
    check_uniform(16, 10000);
    check_uniform(50, 5000);
}

/* Not only where each goes, but whole orders: each of the 24 orders of four equally often. */
static void orders_of_four_are_uniform(void **state)
{
    unsigned cells[256] = {0};
    unsigned used[24];
    size_t count = 0;

    (void)state;
    for (uint32_t draw = 0; draw < 48000; draw++) {
        struct shuffle shuffle = shuffle_of(draw, 4);
        unsigned order = 0;
        for (uint64_t entry = 1; entry <= 4; entry++)
            order = order * 4 + (unsigned)shuffle_number(&shuffle, entry) - 1;
        cells[order]++;
    }
    for (size_t i = 0; i < 256; i++)
        if (cells[i] > 0)
            used[count++ % 24] = cells[i];
    assert_int_equal(count, 24);
    double off = deviations(used, 24, 2000);
    assert_true(off > -5 && off < 5);
}

/* Who came one after the other is not drawn one after the other. */
static void neighbours_are_parted(void **state)
{
    enum { LAST = 10000, CELLS = 100 };
    struct shuffle shuffle = shuffle_of(42, LAST);
    unsigned cells[CELLS] = {0};

    (void)state;
    for (uint64_t entry = 1; entry < LAST; entry++) {
        uint64_t gap = (shuffle_number(&shuffle, entry + 1) + LAST - shuffle_number(&shuffle, entry)) % LAST;
        cells[gap / (LAST / CELLS)]++;
    }
    double off = deviations(cells, CELLS, (double)(LAST - 1) / CELLS);
    assert_true(off > -5 && off < 5);
}

static void another_list_gives_another_order(void **state)
{
    uint8_t seed[SHUFFLE_SEED_BYTES] = {1};
    uint8_t one[DIGEST_BYTES] = {1};
    uint8_t other[DIGEST_BYTES] = {2};
    size_t same = 0;

    (void)state;
    struct shuffle first = shuffle_new(seed, one, 1000);
    struct shuffle second = shuffle_new(seed, other, 1000);
    for (uint64_t entry = 1; entry <= 1000; entry++)
        same += shuffle_number(&first, entry) == shuffle_number(&second, entry);
    assert_true(same < 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_is_given_once),       cmocka_unit_test(an_entry_that_is_not_in_the_draw_stays),
        cmocka_unit_test(known_seeds_give_known_numbers),   cmocka_unit_test(numbers_are_uniform_over_many_draws),
        cmocka_unit_test(orders_of_four_are_uniform),       cmocka_unit_test(neighbours_are_parted),
        cmocka_unit_test(another_list_gives_another_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
