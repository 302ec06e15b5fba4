#include "domain/best_seats.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/*
 * Penalties. A row further back costs as much as four seats off the centre; a lonely seat left
 * behind, two rows; the next grade, more than any row. Groups whose penalties differ by less than
 * NEAR are as good as each other.
 */
enum { GRADE = 1 << 16, ROW = 4, LONELY = 8, NEAR = 16, KEPT_MAX = 256, ROW_PENALTY_MAX = GRADE - 1024 };

struct group {
    uint32_t penalty;
    uint32_t first;
};

/* The best groups seen so far, the best first. */
struct shortlist {
    struct group group[KEPT_MAX];
    size_t count;
};

static void keep(struct shortlist *list, uint32_t penalty, uint32_t first)
{
    size_t at = list->count;

    if (at == KEPT_MAX) {
        if (penalty >= list->group[KEPT_MAX - 1].penalty)
            return;
        at--;
    } else {
        list->count++;
    }
    for (; at > 0 && list->group[at - 1].penalty > penalty; at--)
        list->group[at] = list->group[at - 1];
    list->group[at] = (struct group){penalty, first};
}

/* xorshift64*: good enough to spread a crowd, and the tests can say what it gives. */
static uint32_t next_chance(uint64_t *chance)
{
    *chance ^= *chance >> 12;
    *chance ^= *chance << 25;
    *chance ^= *chance >> 27;
    return (uint32_t)(*chance * 2685821657736338717u >> 32);
}

struct search {
    const struct plan *plan;
    const uint8_t *state;
    uint32_t size;
    uint64_t chance;
    struct shortlist list;
};

static bool is_free(const struct search *search, uint32_t first, uint32_t size)
{
    for (uint32_t seat = first; seat < first + size; seat++)
        if (search->state[seat] != SEAT_FREE)
            return false;
    return true;
}

/* Would a free seat be left alone between the group and an end of the row or a seat that is gone? */
static bool leaves_one(const struct search *search, uint32_t row_first, uint32_t row_last, uint32_t first)
{
    uint32_t last = first + search->size - 1;
    bool left = first > row_first && search->state[first - 1] == SEAT_FREE &&
                (first - 1 == row_first || search->state[first - 2] != SEAT_FREE);
    bool right = last < row_last && search->state[last + 1] == SEAT_FREE &&
                 (last + 1 == row_last || search->state[last + 2] != SEAT_FREE);

    return left || right;
}

static void search_row(struct search *search, const struct section *section, uint32_t row)
{
    uint32_t row_first = section->first_seat + row * section->seats_per_row;
    uint32_t row_last = row_first + section->seats_per_row - 1;
    uint32_t row_penalty = row * ROW < ROW_PENALTY_MAX ? row * ROW : ROW_PENALTY_MAX;

    for (uint32_t first = row_first; first + search->size - 1 <= row_last; first++) {
        if (!is_free(search, first, search->size))
            continue;
        int off_centre = abs((int)(2 * first + search->size - 1) - (int)(row_first + row_last)) / 2;
        uint32_t penalty =
            (uint32_t)section->grade * GRADE + row_penalty + (uint32_t)(off_centre < 512 ? off_centre : 512);
        if (search->size > 1 && leaves_one(search, row_first, row_last, first))
            penalty += LONELY;
        keep(&search->list, penalty + next_chance(&search->chance) % NEAR, first);
    }
}

static void search_hall(struct search *search, int grade)
{
    for (size_t i = 0; i < search->plan->sections_count; i++) {
        const struct section *section = &search->plan->sections[i];
        if (grade >= 0 && section->grade != (size_t)grade)
            continue;
        for (uint32_t row = 0; row < section->rows; row++)
            search_row(search, section, row);
    }
}

static bool overlaps(const uint32_t *seats, size_t count, uint32_t first, uint32_t size)
{
    for (size_t i = 0; i < count; i++)
        if (seats[i] >= first && seats[i] < first + size)
            return true;
    return false;
}

static size_t take_groups(const struct search *search, uint32_t *seats, size_t groups_max)
{
    size_t groups = 0;

    for (size_t i = 0; i < search->list.count && groups < groups_max; i++) {
        uint32_t first = search->list.group[i].first;
        if (overlaps(seats, groups * search->size, first, search->size))
            continue;
        for (uint32_t j = 0; j < search->size; j++)
            seats[groups * search->size + j] = first + j;
        groups++;
    }
    return groups;
}

/* The single seats of the shortlist, so many at a time: nearest in rank is near enough. */
static size_t take_singles(const struct search *search, size_t size, uint32_t *seats, size_t groups_max)
{
    size_t groups = search->list.count / size < groups_max ? search->list.count / size : groups_max;

    for (size_t i = 0; i < groups * size; i++)
        seats[i] = search->list.group[i].first;
    return groups;
}

size_t best_seats(const struct plan *plan, const uint8_t *state, size_t size, int grade, uint64_t chance,
                  uint32_t *seats, size_t groups_max)
{
    struct search search = {.plan = plan, .state = state, .size = (uint32_t)size, .chance = chance | 1};

    search_hall(&search, grade);
    if (search.list.count > 0)
        return take_groups(&search, seats, groups_max);
    search.size = 1;
    search_hall(&search, grade);
    return take_singles(&search, size, seats, groups_max);
}
