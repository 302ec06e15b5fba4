#include "domain/ticket.h"

#include <inttypes.h>

#include "base/log.h"
#include "base/secret.h"
#include "domain/reservation.h"
#include "store/store.h"
#include "store/transaction.h"

#define PURPOSE "entrance"

enum { TICKET_BYTES = 8 };

static void put(uint8_t bytes[TICKET_BYTES], uint64_t number)
{
    for (int i = TICKET_BYTES - 1; i >= 0; i--, number >>= 8)
        bytes[i] = (uint8_t)number;
}

static uint64_t get(const uint8_t bytes[TICKET_BYTES])
{
    uint64_t number = 0;

    for (int i = 0; i < TICKET_BYTES; i++)
        number = number << 8 | bytes[i];
    return number;
}

enum outcome ticket_make(struct call *call, const char *reservation_number, const char **ticket)
{
    struct reservation reservation;
    uint8_t bytes[TICKET_BYTES];
    enum outcome outcome = reservation_read(call, reservation_number, &reservation);

    if (outcome == OUTCOME_DONE && reservation.cancelled_ms != 0)
        outcome = OUTCOME_CANCELLED;
    if (outcome != OUTCOME_DONE)
        return outcome;
    put(bytes, reservation.reservation_id);
    *ticket = secret_seal(call->mem, call->store->keys, PURPOSE, bytes, sizeof(bytes));
    return OUTCOME_DONE;
}

struct use {
    uint64_t reservation_id;
    bool first;
};

/* One conditional statement decides: of two doors at once one changes the row. */
static enum tx use(struct call *call, void *args)
{
    struct use *use = args;
    int64_t changed = reservations_use(call, use->reservation_id);

    use->first = changed == 1;
    return changed < 0 ? tx_failure(changed) : TX_KEEP;
}

static enum outcome mark(struct call *call, const struct reservation *reservation, bool *first)
{
    struct use args = {.reservation_id = reservation->reservation_id};

    if (transact(call, use, &args) != TRANSACTION_KEPT)
        return OUTCOME_UNAVAILABLE;
    *first = args.first;
    if (!args.first)
        return OUTCOME_DONE;
    counters_add(call->store->counters, COUNTER_tickets_used, 1);
    log_info("ticket_used request=%s reservation=%s by=%" PRIu64, call->request_id, reservation->reservation_number,
             call->account_id);
    return OUTCOME_DONE;
}

/* As it is after we tried: who lost the race is told when the other one won. */
static enum outcome judge(struct call *call, uint64_t concert_id, struct ticket_check *check)
{
    struct reservation *reservation = &check->reservation;
    uint64_t reservation_id = reservation->reservation_id;
    bool first = false;

    check->verdict = TICKET_ELSEWHERE;
    if (concert_id != 0 && concert_id != reservation->concert_id)
        return concerts_plan(call, reservation->concert_id, &reservation->plan);
    enum outcome outcome = mark(call, reservation, &first);
    if (outcome == OUTCOME_DONE)
        outcome = reservations_read(call, reservation_id, reservation);
    if (outcome == OUTCOME_DONE)
        outcome = concerts_plan(call, reservation->concert_id, &reservation->plan);
    check->verdict = first ? TICKET_VALID : reservation->cancelled_ms != 0 ? TICKET_CANCELLED : TICKET_USED;
    return outcome;
}

enum outcome ticket_use(struct call *call, const char *ticket, uint64_t concert_id, struct ticket_check *check)
{
    uint8_t bytes[TICKET_BYTES];

    *check = (struct ticket_check){.verdict = TICKET_UNKNOWN};
    if (!secret_open(call->store->keys, PURPOSE, ticket, bytes, sizeof(bytes)))
        return OUTCOME_DONE;
    enum outcome outcome = reservations_read(call, get(bytes), &check->reservation);
    if (outcome == OUTCOME_NOT_FOUND)
        return OUTCOME_DONE;
    return outcome == OUTCOME_DONE ? judge(call, concert_id, check) : outcome;
}
