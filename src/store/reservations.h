/*
 * Reservations in MySQL: paid seats. The unique key on the reservation number has the last word on
 * who owns a seat, whatever Redis says.
 */
#ifndef FRONTROW_STORE_RESERVATIONS_H
#define FRONTROW_STORE_RESERVATIONS_H

#include <stddef.h>
#include <stdint.h>

#include "base/call.h"
#include "base/event.h"
#include "store/concerts.h"
#include "store/transaction.h"

struct reservation {
    uint64_t reservation_id;
    const char *reservation_number;
    uint64_t concert_id;
    uint32_t seat;
    int64_t price;
    uint64_t payment_id;
    int64_t paid_ms;
    int64_t cancelled_ms;    /* 0: it stands */
    int64_t used_ms;         /* at a door; 0: not yet */
    uint64_t account_id;     /* whose it is */
    const struct plan *plan; /* of the concert; filled in by the rules */
};

/*
 * Inside a transaction: write a seat of the caller's payment, made now. 1; it travels with the next
 * statement or COMMIT, as sql_queue() says, and is a duplicate then when the seat is sold.
 */
int64_t reservations_insert(struct call *call, uint64_t payment_id, const struct reservation *reservation);

/* What a transaction begins with: add the price to the caller's points and end the reservation. */
void reservations_ask_cancel(struct call *call, const struct reservation *reservation);

/* What it came to: 1 and the balance; 0 when it is not the caller's, or was cancelled or used before. */
int64_t reservations_cancelled(const struct sql_done done[TRANSACTION_ASKS], int64_t *balance);

/*
 * Inside a transaction: use it at a door. 1; 0 when it was used or cancelled before; or a failure of
 * sql_change().
 */
int64_t reservations_use(struct call *call, uint64_t reservation_id);

/* One, whoever owns it, on call->mem: by its id, or the last of a number. DONE, NOT_FOUND or UNAVAILABLE. */
enum outcome reservations_read(struct call *call, uint64_t reservation_id, struct reservation *reservation);
enum outcome reservations_find_anybodys(struct call *call, const char *reservation_number,
                                        struct reservation *reservation);

/* The caller's last reservation of this number, on call->mem. DONE, NOT_FOUND or UNAVAILABLE. */
enum outcome reservations_find(struct call *call, const char *reservation_number, struct reservation *reservation);

/* Up to limit of the caller's with an id below before (0: from the newest), newest first. DONE or UNAVAILABLE. */
enum outcome reservations_list(struct call *call, uint64_t before, size_t limit, struct reservation **reservations,
                               size_t *count);

/*
 * Which of up to SEATS_PER_CALL_MAX seats are sold: in ascending order into sold, which may be seats.
 * DONE or UNAVAILABLE.
 */
enum outcome reservations_sold(struct call *call, uint64_t concert_id, const uint32_t *seats, size_t count,
                               uint32_t *sold, size_t *sold_count);

#endif
