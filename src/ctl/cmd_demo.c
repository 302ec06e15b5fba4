/*
 * Demo data: three concerts and a hundred fans to try things on. What is there already stays, so a
 * run that was interrupted is finished by the next one.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "base/text.h"
#include "ctl/ctl.h"
#include "domain/account.h"
#include "domain/concert.h"
#include "domain/payment.h"
#include "domain/points.h"
#include "domain/queue.h"
#include "domain/reservation.h"
#include "domain/seat.h"

#define DEMO_PASSWORD "demo-password"

enum {
    FANS = 100,
    POINTS = 1000000,
    MUSE_SOLD = 23,
    SEATS_A_FAN = 4,
    DAYS_AHEAD = 100,
    STADIUM_SEATS = 20000,
    STADIUM_ROW = 200,
};

static const int64_t day_ms = INT64_C(24) * 60 * 60 * 1000;

static enum outcome open_account(struct call *call, const char *email, const char *name, const char *password_hash,
                                 enum role role)
{
    struct account account = {
        .email = email, .name = name, .password_hash = password_hash, .role = role, .points = POINTS};
    enum outcome outcome = account_open(call, &account);

    return outcome == OUTCOME_EMAIL_TAKEN ? OUTCOME_DONE : outcome;
}

/* One hash for all: making a hundred of them would take longer than the rest of the start. */
static enum outcome make_accounts(struct call *call)
{
    const char *hash;
    enum outcome outcome = account_hash_password(call, DEMO_PASSWORD, &hash);

    if (outcome == OUTCOME_DONE)
        outcome = open_account(call, "operator@demo.test", "Demo Operator", hash, ROLE_OPERATOR);
    for (int i = 1; outcome == OUTCOME_DONE && i <= FANS; i++)
        outcome = open_account(call, must(talloc_asprintf(call->mem, "fan%d@demo.test", i)),
                               must(talloc_asprintf(call->mem, "Demo Fan %d", i)), hash, ROLE_FAN);
    return outcome;
}

static enum outcome make_concert(struct call *call, const char *title, const char *venue, const struct grade *grades,
                                 size_t grades_count, const struct section *sections, size_t sections_count)
{
    uint64_t concert_id;
    struct plan plan = {
        .title = title,
        .venue = venue,
        .time_zone = "Asia/Seoul",
        .starts_ms = (call->now_ms / day_ms + DAYS_AHEAD) * day_ms + 10 * 60 * 60 * 1000,
        .grades = grades,
        .grades_count = grades_count,
        .sections = sections,
        .sections_count = sections_count,
    };

    return concert_create(call, &plan, &concert_policy_defaults, &concert_id);
}

static enum outcome make_psy(struct call *call)
{
    static const struct grade grades[] = {{"R", 80000}};
    static const struct section sections[] = {{"A", 0, 5, 10, 0}};

    return make_concert(call, "PsyConcert", "Olympic Hall", grades, 1, sections, 1);
}

static enum outcome make_muse(struct call *call)
{
    static const struct grade grades[] = {{"R", 70000}};
    static const struct section sections[] = {{"A", 0, 5, 10, 0}};

    return make_concert(call, "MuseConcert", "Olympic Hall", grades, 1, sections, 1);
}

/* Four grades of equal size from front to back; seats that do not fill a row stand behind the last. */
static enum outcome make_stadium(struct call *call, uint32_t seats)
{
    static const struct grade grades[] = {{"VIP", 200000}, {"R", 150000}, {"S", 110000}, {"A", 70000}};
    static const char *const names[] = {"Floor", "Lower", "Middle", "Upper"};
    uint32_t rows = seats / STADIUM_ROW;
    struct section sections[5];
    size_t count = 0;

    for (uint32_t grade = 0, left = rows; grade < 4; grade++) {
        uint32_t taken = left / (4 - grade);
        if (taken > 0)
            sections[count++] = (struct section){names[grade], grade, taken, STADIUM_ROW, 0};
        left -= taken;
    }
    if (seats % STADIUM_ROW > 0)
        sections[count++] = (struct section){"Gallery", 3, 1, seats % STADIUM_ROW, 0};
    return make_concert(call, "StadiumConcert", "Olympic Stadium", grades, 4, sections, count);
}

static enum outcome make_concerts(struct call *call, uint32_t stadium_seats)
{
    struct concert *concerts;
    size_t count;
    enum outcome outcome = concert_list(call, 0, 3, &concerts, &count);

    if (outcome == OUTCOME_DONE && count < 1)
        outcome = make_psy(call);
    if (outcome == OUTCOME_DONE && count < 2)
        outcome = make_muse(call);
    if (outcome == OUTCOME_DONE && count < 3)
        outcome = make_stadium(call, stadium_seats);
    return outcome;
}

/* Somebody who buys as everybody does: joins, is admitted, holds and pays. */
static enum outcome buy(struct call *call, uint64_t concert_id, uint32_t first_seat, uint32_t last_seat)
{
    uint32_t seats[SEATS_A_FAN];
    const char *numbers[SEATS_A_FAN];
    struct queue_place own;
    struct queue_step step;
    struct basket basket;
    const char *answer;
    size_t count = 0;

    for (uint32_t seat = first_seat; seat <= last_seat; seat++)
        seats[count++] = seat;
    enum outcome outcome = queue_join(call, concert_id, NULL, &own);
    if (outcome == OUTCOME_DONE)
        outcome = queues_admit(call, concert_id, QUEUES_BATCH_MAX, &step);
    if (outcome == OUTCOME_DONE)
        outcome = seat_hold(call, concert_id, seats, count, &basket);
    for (size_t i = 0; outcome == OUTCOME_DONE && i < count; i++)
        numbers[i] = basket.seat[i].reservation_number;
    if (outcome == OUTCOME_DONE)
        outcome = points_charge(call, basket.amount, &answer);
    call->idempotency_key = must(talloc_asprintf(call->mem, "demo-%" PRIu32 "-pay", first_seat));
    return outcome == OUTCOME_DONE ? payment_make(call, numbers, count, &answer) : outcome;
}

/* Only once, or every start would leave its fans in the queue, in front of a seat that is theirs already. */
static enum outcome buy_once(struct call *call, uint64_t concert_id, uint32_t first_seat, uint32_t last_seat)
{
    struct reservation *reservations;
    size_t count;
    enum outcome outcome = reservation_list(call, 0, 1, &reservations, &count);

    if (outcome == OUTCOME_DONE && count == 0)
        outcome = buy(call, concert_id, first_seat, last_seat);
    /* Somebody else's before this was begun anew. */
    return outcome == OUTCOME_SEAT_TAKEN ? OUTCOME_DONE : outcome;
}

static enum outcome sell_some(struct call *call)
{
    enum { MUSE = 2 };
    enum outcome outcome = OUTCOME_DONE;

    for (uint32_t first = 1, fan = FANS; outcome == OUTCOME_DONE && first <= MUSE_SOLD; first += SEATS_A_FAN, fan--) {
        uint32_t last = first + SEATS_A_FAN - 1 < MUSE_SOLD ? first + SEATS_A_FAN - 1 : MUSE_SOLD;
        struct account account;
        outcome = accounts_find(call, must(talloc_asprintf(call->mem, "fan%" PRIu32 "@demo.test", fan)), &account);
        struct call fan_call = *call;
        fan_call.account_id = account.account_id;
        fan_call.role = ROLE_FAN;
        fan_call.idempotency_key = must(talloc_asprintf(call->mem, "demo-%" PRIu32 "-charge", first));
        if (outcome == OUTCOME_DONE)
            outcome = buy_once(&fan_call, MUSE, first, last);
        call->refusal = fan_call.refusal;
    }
    return outcome;
}

int cmd_demo(struct call *call, int argc, char **argv)
{
    uint64_t seats = STADIUM_SEATS;

    if (argc != 1 && (argc != 3 || strcmp(argv[1], "--concert-seats") != 0 ||
                      !text_to_u64(argv[2], strlen(argv[2]), CONCERT_SEATS_MAX, &seats) || seats == 0))
        return ctl_usage("demo [--concert-seats N]  (1 to 50000, of the third concert)");
    enum outcome outcome = make_accounts(call);
    if (outcome == OUTCOME_DONE)
        outcome = make_concerts(call, (uint32_t)seats);
    if (outcome == OUTCOME_DONE)
        outcome = sell_some(call);
    if (outcome != OUTCOME_DONE)
        return ctl_failed(call, "demo", outcome);
    printf("demo data is there: 3 concerts, %d fans and an operator, password %s\n", FANS, DEMO_PASSWORD);
    return EXIT_SUCCESS;
}
