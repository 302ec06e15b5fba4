/*
 * An on-sale played against the real scripts, on a clock of its own: hours pass in minutes.
 *
 *   onsale CONFIG DIR [FANS [SEATS [CAPACITY [RATE_PER_MINUTE [GONE_PERCENT [SEED [RIGHT_PERCENT]]]]]]]
 *
 * Fans come before the opening and after it, with visible and hidden tabs and second devices; they ask when they are
 * told to, and most also when the board comes to their number; they lose patience, leave or just vanish, and some come
 * back; inside they choose, buy, dither or fall asleep. GONE_PERCENT more vanish for good within forty minutes.
 * Of the first ranges told RIGHT_PERCENT are to hold the true wait, and 80 of all.
 * What happened goes to DIR as tables, for picture.py. The gate's own loop admits. A payment is its effect in Redis
 * alone, so no sync with MySQL may run.
 */
#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "domain/admission.h"
#include "domain/board.h"
#include "domain/concert.h"
#include "domain/draw.h"
#include "domain/queue.h"
#include "domain/seat.h"
#include "domain/shuffle.h"
#include "store/redis.h"
#include "store/seat_holds.h"
#include "store/store.h"

enum {
    TICK_MS = 200,
    SECOND_MS = 1000,
    MINUTE_MS = 60 * SECOND_MS,
    GATHER_MS = 30 * MINUTE_MS, /* how long before the opening the first fans come */
    LONGEST_MS = 6 * 60 * MINUTE_MS,
    HIDDEN_MS = MINUTE_MS, /* browsers let hidden tabs run once a minute */
    ROW_MS = 10 * SECOND_MS,
    LINE_STANDS_MS = 3 * MINUTE_MS, /* after the opening the pages know their numbers */
    CLOCK_MS = 20,                  /* how coarse Redis's clock is here */
    SEATS_IN_A_ROW = 100,
    ESTIMATES_KEPT = 6,
    WAITS_SHOWN = 40,   /* one in so many goes to the picture */
    RIGHT_PERCENT = 80, /* of the ranges told are to hold the true wait */
};

enum where { OUT, WAITING, READY, INSIDE, GONE };

struct fan {
    int64_t joined_ms;
    int64_t admitted_ms;
    int64_t patience_ms;
    int64_t hold_ends_ms;
    size_t told; /* estimates that were told; those before a time away do not count */
    uint64_t number;
    struct estimate {
        int64_t at_ms;
        uint32_t low_s;
        uint32_t high_s;
    } estimate[ESTIMATES_KEPT]; /* the first, and the latest of the others */
    uint32_t seat[4];
    uint8_t seats;
    enum where where;
    bool hidden;
    bool two_devices;
    bool deaf;     /* asks when it was told to, and never looks at the board */
    bool obedient; /* has asked whenever it was told to, so far */
    bool vanished;
    bool gone; /* will vanish and never come back */
    bool drew; /* knows the number that the draw gave */
};

enum event_kind { COME, ASK, SECOND_DEVICE, LOSE_PATIENCE, COME_BACK, TAKE_UP, CHOOSE, PAY, HOLD_OVER };

struct event {
    int64_t at_ms;
    uint32_t fan;
    enum event_kind kind;
};

/* What happened. */
struct story {
    uint64_t asked, joined, refused, bought, seats_sold, left, vanished, came_back;
    uint64_t overtaken, lost;                         /* passed over, or without a place, although they did as told */
    uint64_t most_asked, asked_in_line, rows_in_line; /* while at least a quarter of all fans waited */
    uint64_t judged, right, all_judged, all_right;
    uint64_t above_cap, inversions, most_inside;
    int64_t sold_out_ms;
};

struct play {
    struct config config;
    struct store *store;
    struct upkeep *upkeep;
    struct gate *gate;
    uint64_t concert_id;
    struct fan *fan; /* fan n is account n */
    uint32_t fans;
    uint32_t capacity;
    uint32_t seats;
    uint64_t rate;
    double gone;
    double right_percent;
    uint64_t entered_first, entered_last; /* take-ups at the first and the last row of a line that moved */
    int64_t entered_first_ms, entered_last_ms;
    int64_t now_ms;
    int64_t redis_ms; /* what Redis was told last */
    int64_t opens_ms;
    struct event *heap;
    size_t events;
    size_t room;
    uint32_t *fan_of_number;
    uint64_t numbers;
    uint64_t looked_to; /* those with numbers up to here were looked at when the board came to them */
    uint64_t asked_at_row;
    uint64_t chance;
    bool numbers_known; /* the draw was published, and the pages have worked out their numbers */
    struct board board;
    struct story story;
    FILE *rows;
    FILE *waits;
};

/* ---- chance ---- */

static double chance(struct play *play)
{
    play->chance ^= play->chance >> 12;
    play->chance ^= play->chance << 25;
    play->chance ^= play->chance >> 27;
    return (double)(play->chance * 2685821657736338717u >> 11) / 9007199254740992.0;
}

static bool happens(struct play *play, double share)
{
    return chance(play) < share;
}

static int64_t between(struct play *play, int64_t least, int64_t most)
{
    return least + (int64_t)(chance(play) * (double)(most - least));
}

static int64_t exponential(struct play *play, int64_t mean_ms)
{
    return (int64_t)(-log(1 - chance(play)) * (double)mean_ms);
}

/* Most near the median, a few very long. */
static int64_t lognormal(struct play *play, int64_t median_ms, double spread)
{
    double normal = sqrt(-2 * log(1 - chance(play))) * cos(2 * M_PI * chance(play));

    return (int64_t)((double)median_ms * exp(spread * normal));
}

/* ---- events: a binary heap ---- */

static void later(struct play *play, enum event_kind kind, uint32_t fan, int64_t after_ms)
{
    struct event event = {play->now_ms + (after_ms > 0 ? after_ms : 0), fan, kind};
    size_t at = play->events++;

    if (play->events > play->room) {
        play->room = play->room * 2 + 1024;
        play->heap = must(talloc_realloc(play, play->heap, struct event, play->room));
    }
    for (; at > 0 && play->heap[(at - 1) / 2].at_ms > event.at_ms; at = (at - 1) / 2)
        play->heap[at] = play->heap[(at - 1) / 2];
    play->heap[at] = event;
}

static struct event next_event(struct play *play)
{
    struct event first = play->heap[0];
    struct event last = play->heap[--play->events];
    size_t at = 0;

    for (;;) {
        size_t child = at * 2 + 1;
        if (child >= play->events)
            break;
        if (child + 1 < play->events && play->heap[child + 1].at_ms < play->heap[child].at_ms)
            child++;
        if (play->heap[child].at_ms >= last.at_ms)
            break;
        play->heap[at] = play->heap[child];
        at = child;
    }
    play->heap[at] = last;
    return first;
}

/* ---- Redis ---- */

static struct call call_of(struct play *play, uint32_t fan)
{
    return (struct call){.mem = must(talloc_new(play)),
                         .store = play->store,
                         .now_ms = play->now_ms,
                         .account_id = fan,
                         .role = ROLE_FAN,
                         .request_id = "onsale"};
}

/* The scripts of this program take the time from here instead of from Redis's own clock (see queue.am). */
static void set_clock(struct play *play)
{
    char seconds[32];
    char micros[32];

    if (play->now_ms - play->redis_ms < CLOCK_MS)
        return;
    void *mem = must(talloc_new(play));
    play->redis_ms = play->now_ms;
    snprintf(seconds, sizeof(seconds), "%" PRId64, play->now_ms / SECOND_MS);
    snprintf(micros, sizeof(micros), "%" PRId64, play->now_ms % SECOND_MS * 1000);
    must(redis_command(play->store->redis, mem, REDIS_TEXTS("MSET", "clock:s", seconds, "clock:us", micros)));
    talloc_free(mem);
}

static long long look_up(struct play *play, const char *command, const char *noun, const char *member)
{
    char key[64];
    void *mem = must(talloc_new(play));

    snprintf(key, sizeof(key), "%s:{c%" PRIu64 "}", noun, play->concert_id);
    const redisReply *reply = must(redis_command(play->store->redis, mem, REDIS_TEXTS(command, key, member)));
    long long number = redis_reply_number(reply);
    talloc_free(mem);
    return number;
}

static uint64_t total(struct play *play, const char *name)
{
    return (uint64_t)look_up(play, "HGET", "totals", name);
}

static double minutes(int64_t ms)
{
    return (double)ms / MINUTE_MS;
}

/* ---- what a fan hears ---- */

static void note_estimate(struct play *play, struct fan *fan, const struct queue_place *own)
{
    if (!own->has_estimate)
        return;
    size_t at = fan->told < ESTIMATES_KEPT ? fan->told : 1 + fan->told % (ESTIMATES_KEPT - 1);
    fan->estimate[at] = (struct estimate){play->now_ms, (uint32_t)own->low_s, (uint32_t)own->high_s};
    fan->told++;
}

/* A hidden tab wakes up once a minute and sees then what is due. */
static int64_t when_awake(struct play *play, const struct fan *fan, int64_t told_ms)
{
    return fan->hidden ? (told_ms / HIDDEN_MS + 1) * HIDDEN_MS - between(play, 0, SECOND_MS) : told_ms;
}

static void hear_waiting(struct play *play, uint32_t n, const struct queue_place *own)
{
    struct fan *fan = &play->fan[n];

    fan->where = WAITING;
    fan->number = own->place.number;
    fan->drew = !own->place.is_early;
    if (fan->drew && fan->number < play->numbers) {
        play->fan_of_number[fan->number] = n;
        note_estimate(play, fan, own);
    }
    later(play, ASK, n, when_awake(play, fan, own->next_poll_ms));
}

static void hear_admitted(struct play *play, uint32_t n)
{
    struct fan *fan = &play->fan[n];

    if (fan->where == READY)
        return;
    if (fan->admitted_ms == 0)
        fan->admitted_ms = play->now_ms;
    fan->where = READY;
    /* A page that is looked at goes in by itself after ten seconds; the others ring a bell. */
    later(play, TAKE_UP, n, fan->hidden ? exponential(play, 25 * SECOND_MS) : between(play, 1000, 10 * SECOND_MS));
}

static void hear(struct play *play, uint32_t n, const struct queue_place *own)
{
    switch (own->place.state) {
    case PLACE_NONE:
        play->story.lost += play->fan[n].where == WAITING && play->fan[n].obedient;
        play->fan[n].where = GONE;
        break;
    case PLACE_WAITING: hear_waiting(play, n, own); break;
    case PLACE_ADMITTED: hear_admitted(play, n); break;
    case PLACE_ACTIVE: break;
    }
}

static enum outcome join(struct play *play, uint32_t n, struct queue_place *own)
{
    struct call call = call_of(play, n);
    enum outcome outcome = queue_join(&call, play->concert_id, NULL, own);

    play->story.asked++;
    own->ticket = NULL;
    talloc_free(call.mem);
    return outcome;
}

static void leave(struct play *play, uint32_t n)
{
    struct call call = call_of(play, n);

    queue_leave(&call, play->concert_id);
    play->fan[n].where = GONE;
    talloc_free(call.mem);
}

/* ---- outside ---- */

static void come(struct play *play, uint32_t n)
{
    struct fan *fan = &play->fan[n];
    struct queue_place own;

    if (join(play, n, &own) != OUTCOME_DONE) {
        play->story.refused++;
        fan->where = GONE;
        return;
    }
    play->story.joined++;
    fan->joined_ms = play->now_ms;
    fan->obedient = true;
    later(play, LOSE_PATIENCE, n, fan->patience_ms);
    if (fan->two_devices)
        later(play, SECOND_DEVICE, n, exponential(play, 5 * MINUTE_MS));
    hear(play, n, &own);
}

static void ask(struct play *play, uint32_t n)
{
    struct fan *fan = &play->fan[n];
    struct queue_place own;

    if (fan->where != WAITING || fan->vanished)
        return;
    struct call call = call_of(play, n);
    play->story.asked++;
    if (queue_find(&call, play->concert_id, &own) == OUTCOME_DONE)
        hear(play, n, &own);
    talloc_free(call.mem);
}

/* Another tab or telephone of the same fan: it must neither cost nor win a place. */
static void second_device(struct play *play, uint32_t n)
{
    struct fan *fan = &play->fan[n];
    struct queue_place own;

    if (fan->where != WAITING || fan->vanished)
        return;
    enum outcome outcome = join(play, n, &own);
    assert(outcome == OUTCOME_DONE && !own.place.is_new);
    if (own.place.state == PLACE_WAITING && !own.place.is_early && fan->drew)
        assert(own.place.number == fan->number);
    if (own.place.state == PLACE_ACTIVE) {
        /* The second device went in before the first one knew. */
        fan->admitted_ms = play->now_ms;
        fan->where = INSIDE;
        later(play, CHOOSE, n, lognormal(play, 70 * SECOND_MS, 0.6));
        return;
    }
    later(play, SECOND_DEVICE, n, exponential(play, 5 * MINUTE_MS));
}

static void lose_patience(struct play *play, uint32_t n)
{
    struct fan *fan = &play->fan[n];

    if (fan->where != WAITING || fan->vanished)
        return;
    if (!fan->gone && happens(play, 0.3)) {
        play->story.left++;
        leave(play, n);
        return;
    }
    play->story.vanished++;
    fan->vanished = true;
    fan->obedient = false;
    if (!fan->gone && happens(play, 0.2))
        later(play, COME_BACK, n, between(play, 5 * MINUTE_MS, 30 * MINUTE_MS));
}

static void come_back(struct play *play, uint32_t n)
{
    struct fan *fan = &play->fan[n];

    fan->vanished = false;
    fan->told = 0;
    if (fan->where == WAITING)
        play->story.came_back++;
    ask(play, n);
}

/* ---- inside ---- */

static void take_up(struct play *play, uint32_t n)
{
    struct fan *fan = &play->fan[n];
    struct queue_place own;

    if (fan->where != READY)
        return;
    if (join(play, n, &own) != OUTCOME_DONE || own.place.state == PLACE_NONE) {
        fan->where = GONE;
    } else if (own.place.state == PLACE_ACTIVE) {
        fan->where = INSIDE;
        later(play, CHOOSE, n, lognormal(play, 70 * SECOND_MS, 0.6));
    } else {
        /* Too late: back in line, at its end. */
        fan->told = 0;
        hear(play, n, &own);
    }
}

static bool hold(struct play *play, uint32_t n)
{
    struct fan *fan = &play->fan[n];
    struct basket basket;
    struct call call = call_of(play, n);
    enum outcome outcome = seat_hold_best(&call, play->concert_id, 1 + (size_t)(chance(play) * 4), NULL, &basket);

    if (outcome == OUTCOME_DONE) {
        fan->seats = (uint8_t)basket.count;
        for (size_t i = 0; i < basket.count; i++)
            fan->seat[i] = basket.seat[i].seat;
        fan->hold_ends_ms = basket.expires_ms;
    }
    talloc_free(call.mem);
    return outcome == OUTCOME_DONE;
}

static void choose(struct play *play, uint32_t n)
{
    double what = chance(play);

    if (what < 0.1)
        return; /* Fell asleep: the room comes back when the time inside ends. */
    if (what < 0.25 || !hold(play, n))
        leave(play, n);
    else
        later(play, happens(play, 0.92) ? PAY : HOLD_OVER, n, lognormal(play, 45 * SECOND_MS, 0.5));
}

static void pay(struct play *play, uint32_t n)
{
    struct fan *fan = &play->fan[n];
    struct call call = call_of(play, n);
    uint64_t place;

    if (seat_holds_claimed(&call, seat_holds_claim(&call, play->concert_id, fan->seat, fan->seats), &place) ==
        OUTCOME_DONE) {
        seat_holds_sold(&call, play->concert_id, n, place, 0, fan->seat, fan->seats);
        play->story.bought++;
        play->story.seats_sold += fan->seats;
    }
    fan->where = GONE;
    talloc_free(call.mem);
}

/* Redis lets holds go by its own clock, which is not ours: so they are let go here. */
static void hold_over(struct play *play, uint32_t n)
{
    int64_t left_ms = play->fan[n].hold_ends_ms - play->now_ms;

    if (left_ms > 0)
        later(play, HOLD_OVER, n, left_ms);
    else
        leave(play, n);
}

/* ---- the gate, and those whose number has come ---- */

/* What the fan was told, held against how long it took from then. */
static bool was_right(struct play *play, const struct estimate *estimate)
{
    double waited_s = (double)(play->now_ms - estimate->at_ms) / SECOND_MS;

    return waited_s >= estimate->low_s && waited_s <= estimate->high_s;
}

static void judge(struct play *play, const struct fan *fan)
{
    const struct estimate *first = &fan->estimate[0];

    if (fan->told == 0 || fan->vanished)
        return;
    for (size_t i = 0; i < fan->told && i < ESTIMATES_KEPT; i++) {
        play->story.all_judged++;
        play->story.all_right += was_right(play, &fan->estimate[i]);
    }
    play->story.judged++;
    play->story.right += was_right(play, first);
    if (play->story.judged % WAITS_SHOWN == 0)
        fprintf(play->waits, "%.1f\t%" PRIu32 "\t%" PRIu32 "\t%.1f\n",
                (double)(first->at_ms - play->opens_ms) / SECOND_MS, first->low_s, first->high_s,
                (double)(play->now_ms - first->at_ms) / SECOND_MS);
}

static bool is_in(struct play *play, const char *set, uint32_t n)
{
    char account[16];

    snprintf(account, sizeof(account), "%" PRIu32, n);
    return look_up(play, "ZSCORE", set, account) > 0;
}

static bool is_admitted(struct play *play, uint32_t n)
{
    return is_in(play, "admitted", n);
}

static bool is_away(struct play *play, uint32_t n)
{
    return is_in(play, "away", n);
}

/* The board says that these numbers have come: their pages ask at once, or as soon as they are awake. */
static void numbers_come(struct play *play)
{
    while (play->looked_to < play->board.serving && play->looked_to + 1 < play->numbers) {
        uint32_t n = play->fan_of_number[++play->looked_to];
        struct fan *fan = &play->fan[n];
        if (n == 0 || fan->where != WAITING)
            continue;
        if (is_admitted(play, n)) {
            fan->admitted_ms = play->now_ms;
            judge(play, fan);
        } else {
            play->story.overtaken += fan->obedient && is_away(play, n);
        }
        if (!fan->vanished && !fan->deaf)
            later(play, ASK, n, between(play, 0, fan->hidden ? HIDDEN_MS : 2 * SECOND_MS));
    }
}

/* Nobody may stand in line with a smaller number than one who was just let in, unless they came back this moment. */
static void check_order(struct play *play, uint64_t served_before)
{
    char key[64];
    void *mem = must(talloc_new(play));

    snprintf(key, sizeof(key), "wait:{c%" PRIu64 "}", play->concert_id);
    const redisReply *head =
        must(redis_command(play->store->redis, mem, REDIS_TEXTS("ZRANGE", key, "0", "0", "WITHSCORES")));
    if (head->elements == 2 && play->board.serving > served_before) {
        uint64_t number = (uint64_t)redis_reply_number(redis_reply_at(head, 1));
        play->story.inversions += number < play->board.serving;
    }
    talloc_free(mem);
}

static void check_cap(struct play *play, uint64_t unsold_before, uint64_t served_before)
{
    uint64_t cap = play->capacity < unsold_before ? play->capacity : unsold_before;

    if (play->board.serving > served_before && play->board.active > cap)
        play->story.above_cap++;
    if (play->board.active > play->story.most_inside)
        play->story.most_inside = play->board.active;
    if (play->board.seats_left == 0 && play->story.sold_out_ms == 0)
        play->story.sold_out_ms = play->now_ms;
}

/* How many came in while there was a line and room: the rate is held against this. */
static void note_entered(struct play *play, uint64_t entered)
{
    if (play->board.serving == 0 || play->board.waiting == 0 || play->board.seats_left < play->capacity)
        return;
    if (play->entered_first_ms == 0) {
        play->entered_first_ms = play->now_ms;
        play->entered_first = entered;
    }
    play->entered_last_ms = play->now_ms;
    play->entered_last = entered;
}

static void write_row(struct play *play)
{
    const struct board *board = &play->board;

    if (play->now_ms % ROW_MS >= TICK_MS)
        return;
    uint64_t entered = total(play, "entered");
    uint64_t asked = play->story.asked - play->asked_at_row;
    fprintf(play->rows,
            "%.1f\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%.1f\t%.1f\t%.1f\t%" PRIu64 "\n",
            (double)(play->now_ms - play->opens_ms) / SECOND_MS, board->waiting, board->active, board->serving,
            board->seats_left, board->away, board->flow_low, board->flow_high, (double)asked * SECOND_MS / ROW_MS,
            entered);
    note_entered(play, entered);
    if (asked > play->story.most_asked)
        play->story.most_asked = asked;
    if (play->now_ms > play->opens_ms + LINE_STANDS_MS && board->waiting * 4 >= play->fans) {
        play->story.asked_in_line += asked;
        play->story.rows_in_line++;
    }
    play->asked_at_row = play->story.asked;
}

/*
 * Once the draw is published, every page works out its own number from it, as docs/draw.md says:
 * nobody has to ask for it.
 */
static void learn_numbers(struct play *play)
{
    struct shown_draw shown;
    struct call call = call_of(play, 0);
    enum outcome outcome = draw_show(&call, play->concert_id, &shown);

    talloc_free(call.mem);
    if (outcome != OUTCOME_DONE || shown.drawn_ms == 0)
        return;
    struct shuffle shuffle = shuffle_new(shown.seed, shown.list_hash, shown.last_entry);
    for (uint32_t n = 1; n <= play->fans; n++) {
        struct fan *fan = &play->fan[n];
        if (fan->where != WAITING || fan->drew)
            continue;
        fan->drew = true;
        fan->number = shuffle_number(&shuffle, fan->number);
        play->fan_of_number[fan->number] = n;
    }
    play->numbers_known = true;
}

static void tick(struct play *play)
{
    uint64_t served_before = play->board.serving;
    uint64_t unsold_before = play->board.seats_left;
    struct call call = call_of(play, 0);

    set_clock(play);
    upkeep_round(play->upkeep, play->now_ms);
    gate_round(play->gate, play->now_ms);
    enum outcome outcome = board_read(&call, play->concert_id, &play->board);
    talloc_free(call.mem);
    if (outcome != OUTCOME_DONE)
        return;
    if (play->now_ms >= play->opens_ms && !play->numbers_known)
        learn_numbers(play);
    check_cap(play, unsold_before, served_before);
    check_order(play, served_before);
    numbers_come(play);
    write_row(play);
}

/* ---- the play ---- */

static void happen(struct play *play, const struct event *event)
{
    set_clock(play);
    switch (event->kind) {
    case COME: come(play, event->fan); break;
    case ASK: ask(play, event->fan); break;
    case SECOND_DEVICE: second_device(play, event->fan); break;
    case LOSE_PATIENCE: lose_patience(play, event->fan); break;
    case COME_BACK: come_back(play, event->fan); break;
    case TAKE_UP: take_up(play, event->fan); break;
    case CHOOSE: choose(play, event->fan); break;
    case PAY: pay(play, event->fan); break;
    case HOLD_OVER: hold_over(play, event->fan); break;
    }
}

static void invite(struct play *play)
{
    for (uint32_t n = 1; n <= play->fans; n++) {
        struct fan *fan = &play->fan[n];
        int64_t before_ms = exponential(play, 8 * MINUTE_MS);
        fan->hidden = happens(play, 0.35);
        fan->two_devices = happens(play, 0.15);
        fan->deaf = happens(play, 0.1);
        fan->gone = happens(play, play->gone);
        /* Some close the page at once; the others wait for most of an hour, more or less. */
        fan->patience_ms = happens(play, 0.08) ? exponential(play, MINUTE_MS) : lognormal(play, 55 * MINUTE_MS, 0.9);
        if (fan->gone)
            fan->patience_ms = between(play, 0, 40 * MINUTE_MS);
        if (happens(play, 0.6))
            later(play, COME, n, GATHER_MS - (before_ms < GATHER_MS ? before_ms : GATHER_MS));
        else
            later(play, COME, n, GATHER_MS + exponential(play, 6 * MINUTE_MS));
    }
}

static bool is_over(const struct play *play)
{
    bool sold_out = play->story.sold_out_ms != 0 && play->now_ms > play->story.sold_out_ms + 5 * MINUTE_MS;

    return sold_out || play->now_ms > play->opens_ms + LONGEST_MS || (play->events == 0 && play->board.active == 0);
}

static void perform(struct play *play)
{
    invite(play);
    for (int64_t tick_ms = play->now_ms; !is_over(play); tick_ms += TICK_MS) {
        while (play->events > 0 && play->heap[0].at_ms <= tick_ms) {
            struct event event = next_event(play);
            play->now_ms = event.at_ms;
            happen(play, &event);
        }
        play->now_ms = tick_ms;
        tick(play);
    }
}

static void make_concert(struct play *play)
{
    struct call call = call_of(play, 0);
    struct grade grade = {.grade = "R", .price = 1000};
    struct section section = {.section = "A", .rows = play->seats / SEATS_IN_A_ROW, .seats_per_row = SEATS_IN_A_ROW};
    struct policy policy = {.state = "open",
                            .opens_ms = play->opens_ms,
                            .capacity = play->capacity,
                            .rate_per_minute = (int64_t)play->rate,
                            .active_ttl_s = 600,
                            .admit_ttl_s = 120,
                            .hold_ttl_s = 300,
                            .seats_per_fan = 4,
                            .rejoin = "keep"};
    struct plan plan = {.title = "On-sale",
                        .venue = "Hall",
                        .time_zone = "UTC",
                        .starts_ms = play->now_ms + INT64_C(90) * 24 * 60 * MINUTE_MS,
                        .grades = &grade,
                        .grades_count = 1,
                        .sections = &section,
                        .sections_count = 1};

    if (concert_create(&call, &plan, &policy, &play->concert_id) != OUTCOME_DONE)
        exit(EXIT_FAILURE);
    talloc_free(call.mem);
}

/* ---- what is printed ---- */

static double percent(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0 : 100.0 * (double)part / (double)whole;
}

static int by_size(const void *one, const void *other)
{
    int64_t a = *(const int64_t *)one;
    int64_t b = *(const int64_t *)other;

    return a < b ? -1 : a > b;
}

static void print_waits(struct play *play)
{
    int64_t *waits = must(talloc_array(play, int64_t, play->fans + 1));
    size_t count = 0;

    for (uint32_t n = 1; n <= play->fans; n++) {
        const struct fan *fan = &play->fan[n];
        int64_t from_ms = fan->joined_ms > play->opens_ms ? fan->joined_ms : play->opens_ms;
        if (fan->admitted_ms > 0)
            waits[count++] = fan->admitted_ms - from_ms;
    }
    qsort(waits, count, sizeof(*waits), by_size);
    if (count > 0)
        printf("waited since the opening (min): median %.1f, nine in ten below %.1f, longest %.1f\n",
               minutes(waits[count / 2]), minutes(waits[count * 9 / 10]), minutes(waits[count - 1]));
}

static void print_story(struct play *play, double seconds)
{
    const struct story *story = &play->story;
    uint64_t admissions = total(play, "admissions");

    printf("%" PRIu32 " fans, %" PRIu32 " seats, room for %" PRIu32 ", rate %" PRIu64 " a minute: %.0f min in %.0f s\n",
           play->fans, play->seats, play->capacity, play->rate, minutes(play->now_ms - play->opens_ms), seconds);
    printf("joined %" PRIu64 ", refused %" PRIu64 ", left %" PRIu64 ", vanished %" PRIu64 ", came back %" PRIu64 "\n",
           story->joined, story->refused, story->left, story->vanished, story->came_back);
    printf("admitted %" PRIu64 ", entered %" PRIu64 ", no-shows %" PRIu64 " (%.1f %%), passed over %" PRIu64
           ", of them returned %" PRIu64 "\n",
           admissions, total(play, "entered"), total(play, "no_shows"), percent(total(play, "no_shows"), admissions),
           total(play, "absences"), total(play, "returns"));
    printf("bought %" PRIu64 ", seats sold %" PRIu64 ", sold out after %.1f min\n", story->bought, story->seats_sold,
           story->sold_out_ms == 0 ? 0 : minutes(story->sold_out_ms - play->opens_ms));
    printf("passed over although they did as told %" PRIu64 ", lost the place although they did as told %" PRIu64 "\n",
           story->overtaken, story->lost);
    if (play->entered_last_ms > play->entered_first_ms)
        printf("entered while there were a line and seats for all: %.1f a minute\n",
               (double)(play->entered_last - play->entered_first) /
                   minutes(play->entered_last_ms - play->entered_first_ms));
    printf("most inside %" PRIu64 ", steps above the cap %" PRIu64 ", inversions %" PRIu64
           " (the gate's own count %" PRIu64 ")\n",
           story->most_inside, story->above_cap, story->inversions, total(play, "inversions"));
    print_waits(play);
    printf("the true wait lay in the first range told for %.1f %% of %" PRIu64 " fans, in %.1f %% of all ranges told\n",
           percent(story->right, story->judged), story->judged, percent(story->all_right, story->all_judged));
    printf("questions about the own place: %" PRIu64 ", %.1f a fan; at most %" PRIu64
           " a second; %.0f a second while a quarter of all or more waited\n",
           story->asked, (double)story->asked / (double)play->fans, story->most_asked * SECOND_MS / ROW_MS,
           story->rows_in_line == 0 ? 0
                                    : (double)story->asked_in_line * SECOND_MS / ROW_MS / (double)story->rows_in_line);
}

static bool went_well(struct play *play)
{
    const struct story *story = &play->story;

    return story->above_cap + story->inversions + total(play, "inversions") + story->overtaken + story->lost == 0 &&
           percent(story->right, story->judged) >= play->right_percent &&
           percent(story->all_right, story->all_judged) >= RIGHT_PERCENT;
}

static uint64_t number_of(int argc, char **argv, int at, uint64_t fallback)
{
    return argc > at ? strtoull(argv[at], NULL, 10) : fallback;
}

static FILE *open_table(const char *dir, const char *name, const char *heading)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s.tsv", dir, name);
    FILE *file = must(fopen(path, "w"));
    fprintf(file, "%s\n", heading);
    return file;
}

static struct play *set_up(int argc, char **argv)
{
    struct play *play = must(talloc_zero(NULL, struct play));

    play->config = *must(config_read(play, argv[1]));
    play->config.gate_sync_ms = LONG_MAX / 2;
    play->store = store_new(play, must(store_shared_new(play, &play->config)));
    play->fans = (uint32_t)number_of(argc, argv, 3, 200000);
    play->seats = (uint32_t)number_of(argc, argv, 4, 20000);
    play->capacity = (uint32_t)number_of(argc, argv, 5, 1500);
    play->rate = number_of(argc, argv, 6, 0);
    play->gone = (double)number_of(argc, argv, 7, 0) / 100;
    play->chance = number_of(argc, argv, 8, 1) * 2654435761u + 1;
    play->right_percent = (double)number_of(argc, argv, 9, RIGHT_PERCENT);
    play->fan = must(talloc_zero_array(play, struct fan, play->fans + 1));
    play->numbers = (uint64_t)play->fans * 3 + 200000;
    play->fan_of_number = must(talloc_zero_array(play, uint32_t, play->numbers));
    play->rows =
        open_table(argv[2], "rows", "s\twaiting\tinside\tserving\tseats_left\taway\tlow\thigh\tasked\tentered");
    play->waits = open_table(argv[2], "waits", "s\tlow_s\thigh_s\twaited_s");
    play->now_ms = clock_now_ms() / SECOND_MS * SECOND_MS;
    play->opens_ms = play->now_ms + GATHER_MS;
    play->board.seats_left = play->seats;
    set_clock(play);
    return play;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: onsale CONFIG DIR [FANS [SEATS [CAPACITY [RATE_PER_MINUTE [GONE_PERCENT [SEED "
                        "[RIGHT_PERCENT]]]]]]]\n");
        return 2;
    }
    log_set_level(LOG_LEVEL_WARNING);
    struct play *play = set_up(argc, argv);
    make_concert(play);
    play->upkeep = upkeep_new(play, play->store);
    play->gate = gate_new(play, play->store, play->upkeep);
    int64_t started_ns = clock_steady_ns();
    perform(play);
    print_story(play, (double)(clock_steady_ns() - started_ns) / 1e9);
    fclose(play->rows);
    fclose(play->waits);
    return went_well(play) ? EXIT_SUCCESS : EXIT_FAILURE;
}
