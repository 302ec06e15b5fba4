#include "domain/cancellation.h"

#include <inttypes.h>
#include <talloc.h>

#include "base/fail_point.h"
#include "base/log.h"
#include "base/must.h"
#include "domain/event.h"
#include "domain/idempotency.h"
#include "domain/reservation.h"
#include "store/outbox.h"
#include "store/points_ledger.h"
#include "store/queues_series.h"
#include "store/seat_holds.h"
#include "store/store.h"

struct cancellation {
    struct change change;
    struct reservation reservation;
    int64_t balance;
};

static enum tx ask_back(struct call *call, void *args)
{
    const struct cancellation *cancellation = args;

    reservations_ask_cancel(call, &cancellation->reservation);
    return TX_KEEP;
}

static enum tx given_back(struct call *call, void *args)
{
    struct cancellation *cancellation = args;

    (void)call;
    if (reservations_cancelled(cancellation->change.asked, &cancellation->balance) == 0)
        return change_refuse(&cancellation->change, OUTCOME_NOT_FOUND);
    return TX_KEEP;
}

static enum tx keep_receipt(struct call *call, void *args)
{
    struct cancellation *cancellation = args;

    return change_keep(call, &cancellation->change,
                       must(talloc_asprintf(call->mem, "{\"refunded\":%" PRId64 ",\"balance\":%" PRId64 "}",
                                            cancellation->reservation.price, cancellation->balance)));
}

static enum tx enter_in_ledger(struct call *call, void *args)
{
    const struct cancellation *cancellation = args;
    struct point_entry entry = {.account_id = call->account_id,
                                .delta = cancellation->reservation.price,
                                .reason = "refund",
                                .reference = cancellation->reservation.reservation_number,
                                .balance_after = cancellation->balance};
    int64_t rows = points_ledger_insert(call, &entry);

    return rows == 1 ? TX_KEEP : tx_failure(rows);
}

static enum tx announce(struct call *call, void *args)
{
    const struct cancellation *cancellation = args;
    const struct reservation *reservation = &cancellation->reservation;
    struct reservation_cancelled cancelled = {
        .payment_id = reservation->payment_id,
        .account_id = call->account_id,
        .concert_id = reservation->concert_id,
        .reservation_number = reservation->reservation_number,
        .seat = reservation->seat,
        .refunded = reservation->price,
        .cancelled_ms = call->now_ms,
    };
    int64_t rows = outbox_insert(call, event_reservation_cancelled(call, &cancelled));

    return rows == 1 ? TX_KEEP : tx_failure(rows);
}

static void tell(struct call *call, const struct cancellation *cancellation)
{
    const struct reservation *reservation = &cancellation->reservation;

    counters_add(call->store->counters, COUNTER_cancellations, 1);
    log_info("reservation_cancelled request=%s account=%" PRIu64 " reservation=%s refunded=%" PRId64, call->request_id,
             call->account_id, reservation->reservation_number, reservation->price);
    if (fail_point("cancel.tell"))
        return;
    outbox_poke(call);
    seat_holds_unsold(call, reservation->concert_id, &reservation->seat, 1);
}

static int64_t last_moment(const struct plan *plan)
{
    return plan->cancel_until_ms != 0 ? plan->cancel_until_ms : plan->starts_ms;
}

static enum outcome find(struct call *call, const char *number, struct reservation *reservation)
{
    enum outcome outcome = reservation_read(call, number, reservation);

    if (outcome != OUTCOME_DONE)
        return outcome;
    if (reservation->cancelled_ms != 0)
        return OUTCOME_NOT_FOUND;
    if (reservation->used_ms != 0 || call->now_ms > last_moment(reservation->plan))
        return OUTCOME_TOO_LATE;
    /* Paid while this request was waiting, or by a host whose clock is ahead: still, first paid and then cancelled. */
    if (call->now_ms < reservation->paid_ms)
        call->now_ms = reservation->paid_ms;
    return OUTCOME_DONE;
}

/* Between our look and the statement somebody went in with it: it is there, and can no longer be cancelled. */
static enum outcome why_not(struct call *call, const char *number)
{
    struct reservation now;
    enum outcome outcome = find(call, number, &now);

    return outcome == OUTCOME_DONE ? OUTCOME_NOT_FOUND : outcome;
}

enum outcome cancellation_make(struct call *call, const char *reservation_number, const char **answer)
{
    static change_step *const steps[] = {ask_back, given_back, keep_receipt, enter_in_ledger, announce, NULL};
    struct cancellation cancellation = {.change = {.steps = steps, .asks = 1, .args = &cancellation}};
    enum outcome outcome = find(call, reservation_number, &cancellation.reservation);

    if (outcome == OUTCOME_UNAVAILABLE || fail_point("cancel.found"))
        return OUTCOME_UNAVAILABLE;
    outcome = outcome == OUTCOME_DONE ? change_make(call, &cancellation.change)
                                      : change_refuse_early(call, &cancellation.change, outcome);
    if (outcome == OUTCOME_NOT_FOUND)
        outcome = why_not(call, reservation_number);
    if (outcome == OUTCOME_DONE && !cancellation.change.repeated)
        tell(call, &cancellation);
    *answer = cancellation.change.answer;
    return queues_refused(call, cancellation.reservation.concert_id, outcome);
}
