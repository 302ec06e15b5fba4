/*
 * A change of the caller's points that happens once, however often its request is sent: in line with
 * the account's other changes, in one transaction, with its answer kept under the Idempotency-Key.
 *
 * Refusals change nothing and are not kept. So a refusal may only be given after asking whether the
 * key has an answer already: what was paid for a moment ago is not to be had again, and that is no
 * reason to refuse the repetition of the request that paid for it.
 */
#ifndef FRONTROW_DOMAIN_IDEMPOTENCY_H
#define FRONTROW_DOMAIN_IDEMPOTENCY_H

#include <stdbool.h>

#include "base/call.h"
#include "base/gather.h"
#include "store/transaction.h"

/* A step of the transaction: TX_KEEP goes on to the next, anything else ends it. */
typedef enum tx change_step(struct call *call, void *args);

struct points_lock;

struct change {
    /*
     * In their order, ended by NULL. The first `asks` of them ask: together they queue TRANSACTION_ASKS times, the
     * first time what locks the caller's row, which puts the account's changes in line even when the points lock was
     * lost. The next sees in `asked` what came of it. One of them ends with change_keep(). The call that a step is
     * given is a copy, on the connections of whoever runs the transaction (change_group.h).
     */
    change_step *const *steps;
    int asks;
    void *args;
    /* Before the transaction, in line or refused a place in it: whether it may be made. NULL: it may. */
    enum outcome (*may)(struct call *call, void *args);
    /*
     * When it is true, before the account's next change, on the connections of whoever ran the transaction: ask Redis
     * along with the release of the lock for what others shall see at once. The relay hears of it. NULL: nobody does.
     */
    void (*kept)(struct call *call, void *args);
    enum outcome clash; /* what it means when a row that was to be written is there already, the key's apart */

    const char *answer; /* JSON: what change_keep() was given, or what the key was answered before */
    bool repeated;      /* the answer is an earlier one; nothing was changed now */

    enum outcome refusal;
    struct sql_done asked[TRANSACTION_ASKS];

    /* Of change_group.c. */
    struct call *call;
    size_t asked_count;
    struct points_lock *lock;
    bool told;
    struct gather_piece piece;
    change_step *const *next;
    enum transaction_end end;
};

/*
 * Make the change or find its answer.
 *
 * Ends DONE with change->answer; KEY_REUSED, KEY_RUNNING, BUSY, TOO_MANY_REQUESTS; UNAVAILABLE, after
 * which the same key says what happened; or the refusal that a step gave.
 */
enum outcome change_make(struct call *call, struct change *change);

/* In a step, before rows that others may have: keep the answer under the key. The step ends with what this says. */
enum tx change_keep(struct call *call, struct change *change, const char *answer);

/* In a step: end without a change. The step ends with what this says. */
enum tx change_refuse(struct change *change, enum outcome refusal);

/* Before the transaction: the outcome of a change that would be refused, which is DONE when it was answered already. */
enum outcome change_refuse_early(struct call *call, struct change *change, enum outcome refusal);

#endif
