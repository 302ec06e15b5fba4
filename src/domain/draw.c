#include "domain/draw.h"

#include <inttypes.h>
#include <stdlib.h>
#include <talloc.h>

#include "base/log.h"
#include "base/must.h"
#include "domain/shuffle.h"

enum outcome draw_show(struct call *call, uint64_t concert_id, struct shown_draw *shown)
{
    return queues_draw_show(call, concert_id, shown);
}

enum outcome draw_list(struct call *call, uint64_t concert_id, const uint8_t **list, size_t *length)
{
    return draws_list(call, concert_id, list, length);
}

enum outcome draw_prepare(struct call *call, uint64_t concert_id)
{
    struct shown_draw shown;

    return queues_draw_show(call, concert_id, &shown);
}

static struct shuffle shuffle_of(const struct draw *draw)
{
    return shuffle_new(draw->seed, draw->list_hash, draw->last_entry);
}

enum outcome draw_number(struct call *call, uint64_t concert_id, uint64_t entry, uint64_t *number, bool *drawn)
{
    struct draw draw;
    enum outcome outcome = draws_find(call, concert_id, &draw);

    if (outcome != OUTCOME_DONE)
        return outcome;
    *drawn = draw.drawn_ms != 0;
    *number = entry;
    if (*drawn) {
        struct shuffle shuffle = shuffle_of(&draw);
        *number = shuffle_number(&shuffle, entry);
    }
    return OUTCOME_DONE;
}

enum phase { PHASE_SETTLE, PHASE_READ, PHASE_PLACE, PHASE_FINISH, PHASE_DONE };

struct draw_run {
    uint64_t concert_id;
    enum phase phase;
    struct draw draw;
    struct shuffle shuffle;
    struct frozen frozen;
    struct entrant *entrant;
    size_t count;
    size_t room;
    size_t placed;
    uint64_t read_to;
};

struct draw_run *draw_run_new(const void *mem, uint64_t concert_id)
{
    struct draw_run *run = must(talloc_zero(mem, struct draw_run));

    run->concert_id = concert_id;
    return run;
}

static uint64_t count_bits(const uint8_t *bytes, size_t length)
{
    uint64_t count = 0;

    for (size_t i = 0; i < length; i++)
        count += (uint64_t)__builtin_popcount(bytes[i]);
    return count;
}

/* MySQL learns what is drawn from before anybody has a number from it. */
static enum outcome settle_new(struct call *call, struct draw_run *run)
{
    uint8_t *list;
    size_t length = run->frozen.last / 8 + 1;
    struct frozen now;
    enum outcome outcome = queues_draw_list(call, run->concert_id, run->frozen.last, &list);

    /* A list that was read while Redis lost it would leave people out. */
    if (outcome == OUTCOME_DONE)
        outcome = queues_draw_freeze(call, run->concert_id, false, &now);
    if (outcome == OUTCOME_DONE &&
        (now.drawn || now.last != run->frozen.last || now.numbers_from != run->frozen.numbers_from))
        outcome = OUTCOME_UNAVAILABLE;
    if (outcome != OUTCOME_DONE)
        return outcome;
    run->draw.last_entry = run->frozen.last;
    run->draw.entrants = count_bits(list, length);
    digest_sha256(list, length, run->draw.list_hash);
    return draws_settle(call, run->concert_id, list, length, &run->draw);
}

static enum outcome settle(struct call *call, struct draw_run *run)
{
    enum outcome outcome = draws_find(call, run->concert_id, &run->draw);

    if (outcome == OUTCOME_DONE)
        outcome = queues_draw_freeze(call, run->concert_id, run->draw.drawn_ms != 0, &run->frozen);
    if (outcome == OUTCOME_DONE && run->frozen.drawn) {
        run->phase = PHASE_DONE;
        return OUTCOME_DONE;
    }
    if (outcome == OUTCOME_DONE && run->draw.drawn_ms == 0)
        outcome = settle_new(call, run);
    if (outcome == OUTCOME_DONE)
        outcome = queues_draw_publish(call, run->concert_id, &run->draw);
    if (outcome != OUTCOME_DONE)
        return outcome;
    run->frozen.last = run->draw.last_entry;
    run->shuffle = shuffle_of(&run->draw);
    run->phase = PHASE_READ;
    log_info("draw_settled concert=%" PRIu64 " entrants=%" PRIu64, run->concert_id, run->draw.entrants);
    return OUTCOME_DONE;
}

static void make_room(struct draw_run *run)
{
    if (run->count + QUEUES_DRAW_READ_MAX <= run->room)
        return;
    run->room = 2 * run->room + QUEUES_DRAW_READ_MAX;
    run->entrant = must(talloc_realloc(run, run->entrant, struct entrant, run->room));
}

static int by_number(const void *one, const void *other)
{
    uint64_t a = ((const struct entrant *)one)->number;
    uint64_t b = ((const struct entrant *)other)->number;

    return a < b ? -1 : a > b;
}

/* A page of entrants. At the end all are sorted, because adding at the line's tail is what Redis does fastest. */
static enum outcome read(struct call *call, struct draw_run *run)
{
    size_t count;

    make_room(run);
    struct entrant *page = run->entrant + run->count;
    enum outcome outcome = queues_draw_read(call, run->concert_id, run->read_to, run->frozen.last, page, &count);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (count > 0)
        run->read_to = page[count - 1].number;
    for (size_t i = 0; i < count; i++)
        page[i].number = shuffle_number(&run->shuffle, page[i].number);
    run->count += count;
    if (count == 0) {
        qsort(run->entrant, run->count, sizeof(*run->entrant), by_number);
        run->phase = PHASE_PLACE;
    }
    return OUTCOME_DONE;
}

static enum outcome place(struct call *call, struct draw_run *run)
{
    size_t left = run->count - run->placed;
    size_t count = left < QUEUES_DRAW_PLACE_MAX ? left : QUEUES_DRAW_PLACE_MAX;
    bool drawn = false;

    if (count == 0) {
        run->phase = PHASE_FINISH;
        return OUTCOME_DONE;
    }
    enum outcome outcome = queues_draw_place(call, run->concert_id, run->entrant + run->placed, count, &drawn);
    if (outcome == OUTCOME_DONE)
        run->placed += count;
    if (drawn)
        run->phase = PHASE_DONE;
    return outcome;
}

static enum outcome finish(struct call *call, struct draw_run *run)
{
    enum outcome outcome = queues_draw_finish(call, run->concert_id, run->frozen.last);

    if (outcome == OUTCOME_DONE) {
        run->phase = PHASE_DONE;
        log_info("draw_finished concert=%" PRIu64 " placed=%zu", run->concert_id, run->placed);
    }
    return outcome;
}

enum outcome draw_run_step(struct call *call, struct draw_run *run, bool *done)
{
    enum outcome outcome = OUTCOME_DONE;

    switch (run->phase) {
    case PHASE_SETTLE: outcome = settle(call, run); break;
    case PHASE_READ: outcome = read(call, run); break;
    case PHASE_PLACE: outcome = place(call, run); break;
    case PHASE_FINISH: outcome = finish(call, run); break;
    case PHASE_DONE: break;
    }
    *done = run->phase == PHASE_DONE;
    return outcome;
}
