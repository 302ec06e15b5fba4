#include "domain/payment.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/fail_point.h"
#include "base/log.h"
#include "base/must.h"
#include "base/text.h"
#include "domain/event.h"
#include "domain/idempotency.h"
#include "domain/reservation_number.h"
#include "store/accounts.h"
#include "store/concerts.h"
#include "store/outbox.h"
#include "store/payments.h"
#include "store/points_ledger.h"
#include "store/queues_series.h"
#include "store/reservations.h"
#include "store/seat_holds.h"
#include "store/store.h"

#define FIELD "reservation_numbers"

struct payment {
    struct change change;
    const char *const *numbers; /* as the payer named them */
    size_t count;
    const struct plan *plan;
    uint32_t seats[SEATS_PER_CALL_MAX]; /* ascending: two payments that overlap meet at the first seat they share */
    struct seat_claim *claim;
    uint64_t place;
    int64_t amount;
    struct payment_made made;
};

/* What a number says before anybody knows whether there is such a seat. */
struct named_seat {
    char date[CLOCK_DATE_SIZE];
    uint64_t concert_id;
    uint32_t seat;
};

static enum outcome find_plan(struct call *call, struct payment *payment, const struct named_seat *first)
{
    enum outcome outcome = concerts_plan(call, first->concert_id, &payment->plan);

    if (outcome != OUTCOME_DONE)
        return outcome;
    return strcmp(first->date, payment->plan->date) == 0 ? OUTCOME_DONE : OUTCOME_NOT_FOUND;
}

static enum outcome take_seat(struct call *call, struct payment *payment, size_t index)
{
    struct named_seat named;
    enum outcome outcome = OUTCOME_DONE;

    if (!reservation_number_read(payment->numbers[index], named.date, &named.concert_id, &named.seat))
        return call_refuse_field(call, FIELD, "A reservation number is YYYYMMDD.concert.seat.");
    if (payment->plan == NULL)
        outcome = find_plan(call, payment, &named);
    else if (named.concert_id != payment->plan->concert_id)
        return call_refuse_field(call, FIELD, "All seats of one payment are of one concert.");
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (strcmp(named.date, payment->plan->date) != 0 || named.seat > payment->plan->seats_total)
        return OUTCOME_NOT_FOUND;
    payment->seats[index] = named.seat;
    payment->amount += plan_seat(payment->plan, named.seat).grade->price;
    return OUTCOME_DONE;
}

static int by_number(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

static enum outcome take_seats(struct call *call, struct payment *payment)
{
    if (payment->count < 1 || payment->count > SEATS_PER_CALL_MAX)
        return call_refuse_field(call, FIELD, "One payment is for 1 to 8 seats.");
    for (size_t i = 0; i < payment->count; i++) {
        enum outcome outcome = take_seat(call, payment, i);
        if (outcome != OUTCOME_DONE)
            return outcome;
    }
    qsort(payment->seats, payment->count, sizeof(payment->seats[0]), by_number);
    for (size_t i = 1; i < payment->count; i++)
        if (payment->seats[i] == payment->seats[i - 1])
            return call_refuse_field(call, FIELD, "A seat is named twice.");
    return OUTCOME_DONE;
}

static enum tx ask_debit(struct call *call, void *args)
{
    const struct payment *payment = args;

    payments_ask_debit(call, payment->amount);
    return TX_KEEP;
}

static enum tx ask_insert(struct call *call, void *args)
{
    const struct payment *payment = args;

    payments_ask_insert(call, payment->plan->concert_id, payment->amount);
    return TX_KEEP;
}

static enum tx debited(struct call *call, void *args)
{
    struct payment *payment = args;

    (void)call;
    if (payments_debited(payment->change.asked, &payment->made) == 0)
        return change_refuse(&payment->change, OUTCOME_POINTS_TOO_FEW);
    return TX_KEEP;
}

static enum tx keep_receipt(struct call *call, void *args)
{
    struct payment *payment = args;
    struct text *receipt = text_new(call->mem, 512);

    text_format(receipt, "{\"payment_id\":%" PRIu64 ",\"reservation_numbers\":[", payment->made.payment_id);
    for (size_t i = 0; i < payment->count; i++) {
        text_put(receipt, i == 0 ? "" : ",");
        text_json(receipt, payment->numbers[i]);
    }
    text_format(receipt, "],\"amount\":%" PRId64 ",\"balance\":%" PRId64 ",\"paid_at\":", payment->amount,
                payment->made.balance);
    text_json_time(receipt, call->now_ms);
    text_put(receipt, "}");
    return change_keep(call, &payment->change, receipt->bytes);
}

static enum tx reserve(struct call *call, void *args)
{
    const struct payment *payment = args;
    const struct plan *plan = payment->plan;

    for (size_t i = 0; i < payment->count; i++) {
        uint32_t seat = payment->seats[i];
        struct reservation reservation = {
            .reservation_number = reservation_number_text(call->mem, plan->date, plan->concert_id, seat),
            .concert_id = plan->concert_id,
            .seat = seat,
            .price = plan_seat(plan, seat).grade->price,
        };
        int64_t rows = reservations_insert(call, payment->made.payment_id, &reservation);
        if (rows != 1)
            return tx_failure(rows);
    }
    return TX_KEEP;
}

static enum tx enter_in_ledger(struct call *call, void *args)
{
    struct payment *payment = args;
    struct point_entry entry = {
        .account_id = call->account_id,
        .delta = -payment->amount,
        .reason = "payment",
        .reference = must(talloc_asprintf(call->mem, "%" PRIu64, payment->made.payment_id)),
        .balance_after = payment->made.balance,
    };
    int64_t rows = points_ledger_insert(call, &entry);

    return rows == 1 ? TX_KEEP : tx_failure(rows);
}

static enum tx announce(struct call *call, void *args)
{
    const struct payment *payment = args;
    const struct plan *plan = payment->plan;
    struct paid_seat seats[SEATS_PER_CALL_MAX] = {0};
    struct payment_completed completed = {
        .payment_id = payment->made.payment_id,
        .account_id = call->account_id,
        .concert_id = plan->concert_id,
        .place = payment->place,
        .amount = payment->amount,
        .paid_ms = call->now_ms,
        .seats = seats,
        .seats_count = payment->count,
    };

    for (size_t i = 0; i < payment->count; i++) {
        uint32_t seat = payment->seats[i];
        seats[i].reservation_number = reservation_number_text(call->mem, plan->date, plan->concert_id, seat);
        seats[i].seat = seat;
        seats[i].price = plan_seat(plan, seat).grade->price;
    }
    int64_t rows = outbox_insert(call, event_payment_completed(call, &completed));
    return rows == 1 ? TX_KEEP : tx_failure(rows);
}

/* When Redis does not hear of it the event brings it about. */
static void tell(struct call *call, void *args)
{
    const struct payment *payment = args;

    counters_add(call->store->counters, COUNTER_payments, 1);
    counters_add(call->store->counters, COUNTER_seats_sold, payment->count);
    log_info("payment_made request=%s account=%" PRIu64 " payment=%" PRIu64 " concert=%" PRIu64 " seats=%zu "
             "amount=%" PRId64,
             call->request_id, call->account_id, payment->made.payment_id, payment->plan->concert_id, payment->count,
             payment->amount);
    if (fail_point("pay.tell"))
        return;
    seat_holds_sold_along(call, payment->plan->concert_id, payment->place, payment->seats, payment->count);
}

/* The one who was quicker is known to MySQL alone: Redis may have lost the hold. */
static enum outcome name_the_taken(struct call *call, const struct payment *payment)
{
    struct refusal *refusal = &call->refusal;
    enum outcome outcome = reservations_sold(call, payment->plan->concert_id, payment->seats, payment->count,
                                             refusal->seats, &refusal->seats_count);

    return outcome == OUTCOME_DONE ? OUTCOME_SEAT_TAKEN : outcome;
}

static enum outcome claimed(struct call *call, void *args)
{
    struct payment *payment = args;
    enum outcome outcome = seat_holds_claimed(call, payment->claim, &payment->place);

    return fail_point("pay.claimed") ? OUTCOME_UNAVAILABLE : outcome;
}

static enum outcome pay(struct call *call, struct payment *payment)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): take_seats() has found the plan, or refused. */
    if (call->now_ms >= payment->plan->starts_ms)
        return change_refuse_early(call, &payment->change, OUTCOME_CLOSED);
    payment->claim = seat_holds_claim(call, payment->plan->concert_id, payment->seats, payment->count);
    enum outcome outcome = change_make(call, &payment->change);
    return outcome == OUTCOME_SEAT_TAKEN && call->refusal.seats_count == 0 ? name_the_taken(call, payment) : outcome;
}

enum outcome payment_make(struct call *call, const char *const *reservation_numbers, size_t count, const char **answer)
{
    /* What can be refused comes before the seats: undoing a row that others wait for gives them deadlocks. */
    static change_step *const steps[] = {ask_debit, ask_insert,      debited,  keep_receipt,
                                         reserve,   enter_in_ledger, announce, NULL};
    struct payment payment = {
        .change =
            {.steps = steps, .asks = 2, .args = &payment, .may = claimed, .kept = tell, .clash = OUTCOME_SEAT_TAKEN},
        .numbers = reservation_numbers,
        .count = count,
    };
    enum outcome outcome = take_seats(call, &payment);

    if (outcome == OUTCOME_DONE)
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): take_seats() has found the plan, or refused. */
        outcome = queues_refused(call, payment.plan->concert_id, pay(call, &payment));
    *answer = payment.change.answer;
    return outcome;
}
