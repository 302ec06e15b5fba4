/*
 * A Redis that answers anything. The input: a byte that says who asks, a byte of MySQL's mood, and what comes over the
 * wire. Whoever asks gets an outcome, and no number from nowhere.
 */
#include <assert.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "base/secret.h"
#include "domain/board.h"
#include "domain/draw.h"
#include "domain/queue.h"
#include "domain/seat.h"
#include "domain/session.h"
#include "store/boards.h"
#include "store/concert_scripts.h"
#include "store/concert_warm_up.h"
#include "store/event_streams.h"
#include "store/queues.h"
#include "store/queues_draw.h"
#include "store/queues_series.h"
#include "store/seat_holds.h"
#include "store/sessions.h"
#include "store/sign_in_attempts.h"
#include "tests/fuzz/fuzz.h"

void fuzz_start(void)
{
    fuzz_ticket();
}

typedef void asker(struct call *call);

static const uint32_t seats[] = {1, 2};
static const struct stream_seat reader = {.aggregatetype = "payment", .group = "group", .consumer = "me"};

static void join(struct call *call)
{
    struct place place;
    enum outcome outcome = queues_join(call, 1, 42, &place);

    assert(outcome != OUTCOME_DONE || place.state <= PLACE_ACTIVE);
}

static void join_early(struct call *call)
{
    struct place place;
    bool ask_draw;

    queues_join_early(call, 1, 42, ENTRY_UNSURE, &place, &ask_draw);
}

static void find(struct call *call)
{
    struct place place;

    if (queues_find(call, 1, &place) == OUTCOME_DONE)
        assert(place_state_name(place.state) != NULL && sale_name(place.sale) != NULL);
}

static void leave(struct call *call)
{
    queues_leave(call, 1);
}

static void admit(struct call *call)
{
    struct queue_step step;

    queues_admit(call, 1, 200, &step);
}

static void board(struct call *call)
{
    struct board read;

    boards_read(call, 1, &read);
}

static void hold(struct call *call)
{
    struct basket basket;

    if (seat_hold(call, 1, seats, 2, &basket) == OUTCOME_DONE)
        for (size_t i = 0; i < basket.count; i++)
            assert(basket.seat[i].seat >= 1 && basket.seat[i].seat <= 40);
}

static void list_holds(struct call *call)
{
    struct seat_holds holds;

    seat_holds_list(call, 1, &holds);
}

static void list_all_holds(struct call *call)
{
    struct hold_page page;
    uint64_t owner;

    if (seat_hold_page(call, 1, 0, 20, &page) == OUTCOME_DONE)
        for (size_t i = 0; i < page.count; i++)
            assert(page.row[i].seat.seat >= 1 && page.row[i].seat.seat <= 40);
    seat_holds_owner(call, 1, 2, &owner);
}

static void extend(struct call *call)
{
    int64_t ends_ms, now_ms;

    seat_holds_extend(call, 1, &ends_ms, &now_ms);
}

static void release(struct call *call)
{
    seat_holds_release(call, 1, 2);
}

static void map(struct call *call)
{
    struct seat_map read;
    uint8_t print[16];

    if (seat_holds_map(call, 1, &read) != OUTCOME_DONE)
        return;
    secret_fingerprint(read.sold, read.sold_length, print, sizeof(print));
    secret_fingerprint(read.held, read.held_length, print, sizeof(print));
}

static void tidy(struct call *call)
{
    bool more;

    seat_holds_tidy(call, 1, &more);
}

static void claim(struct call *call)
{
    uint64_t place;

    seat_holds_claimed(call, seat_holds_claim(call, 1, seats, 2), &place);
}

static void sold(struct call *call)
{
    struct seat_sale sale = {7, 42, seats, 2};
    bool left;

    seat_holds_left(call, 1, &sale, 1, &left);
    seat_holds_sold(call, 1, 7, 42, 0, seats, 2);
    seat_holds_unsold(call, 1, seats, 2);
}

static void freeze(struct call *call)
{
    struct frozen frozen;
    uint8_t *list;

    if (queues_draw_freeze(call, 1, false, &frozen) == OUTCOME_DONE && !frozen.drawn)
        queues_draw_list(call, 1, frozen.last, &list);
}

static void read_draw(struct call *call)
{
    struct entrant entrants[QUEUES_DRAW_READ_MAX];
    size_t count;
    bool drawn;

    if (queues_draw_read(call, 1, 0, 1, entrants, &count) == OUTCOME_DONE)
        queues_draw_place(call, 1, entrants, count < QUEUES_DRAW_PLACE_MAX ? count : QUEUES_DRAW_PLACE_MAX, &drawn);
    queues_draw_finish(call, 1, 100);
}

static void show_draw(struct call *call)
{
    struct shown_draw shown;

    queues_draw_show(call, 1, &shown);
}

static void series(struct call *call)
{
    struct queue_row *rows;
    size_t count;
    int step_s;

    queues_series(call, 1, 0, &rows, &count, &step_s);
    queues_sample(call, 1, &rows, &count);
    queues_flow(call, 1, (struct flow){.low = 1, .high = 2});
}

static void check_session(struct call *call)
{
    session_check_live(call);
}

static void sign_in(struct call *call)
{
    struct session session;

    session_open(call, "fan@demo.test", "password", &session);
}

static void sync(struct call *call)
{
    concert_sync(call, 1);
    concert_more_numbers(call, 1);
}

static void add_events(struct call *call)
{
    struct event event = {.id = "id", .aggregateid = "1", .type = "payment.completed", .payload = "{}"};
    uint64_t length;

    event_streams_add(call, "payment", &event, 1, &length);
    event_streams_length(call, "payment", &length);
    event_streams_trim(call, "payment", 4);
    event_streams_forgot(call);
    event_streams_leave(call, &reader);
}

static void acknowledge(struct call *call, const struct stream_entry *entries, size_t count)
{
    const char *ids[EVENT_STREAM_READ_MAX];

    assert(count <= EVENT_STREAM_READ_MAX);
    for (size_t i = 0; i < count; i++) {
        ids[i] = entries[i].entry_id;
        assert(entries[i].gone || entries[i].event.payload != NULL);
    }
    event_streams_acknowledge(call, &reader, ids, count);
}

static void read_events(struct call *call)
{
    struct stream_entry *entries;
    size_t count;

    event_streams_join(call, &reader);
    if (event_streams_read(call, &reader, 10, EVENT_STREAM_READ_MAX, &entries, &count) == OUTCOME_DONE && count > 0)
        acknowledge(call, entries, count);
}

static void reclaim_events(struct call *call)
{
    struct stream_entry *entries;
    size_t count;

    if (event_streams_reclaim(call, &reader, 10, EVENT_STREAM_READ_MAX, &entries, &count) == OUTCOME_DONE && count > 0)
        acknowledge(call, entries, count);
}

static asker *const askers[] = {
    join,          join_early, find, leave,      admit,       board,          hold,           list_holds, extend,
    release,       map,        tidy, claim,      sold,        freeze,         read_draw,      show_draw,  series,
    check_session, sign_in,    sync, add_events, read_events, reclaim_events, list_all_holds,
};

void fuzz_one(const uint8_t *bytes, size_t size)
{
    if (size < 2)
        return;
    void *mem = must(talloc_new(NULL));
    struct call call = {.mem = mem,
                        .store = fuzz_store(),
                        .now_ms = 1800000000000,
                        .account_id = 7,
                        .role = ROLE_FAN,
                        .session_ends_ms = 1900000000000,
                        .client_address = "127.0.0.1"};
    fuzz_mysql((enum fuzz_mysql)(bytes[1] & 3));
    fuzz_redis(bytes + 2, size - 2);
    askers[bytes[0] % (sizeof(askers) / sizeof(askers[0]))](&call);
    talloc_free(mem);
}
