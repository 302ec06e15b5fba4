#include "domain/idempotency.h"

#include "base/fail_point.h"
#include "domain/change_group.h"
#include "store/idempotency.h"
#include "store/points_locks.h"
#include "store/store.h"

enum { TRIES_MAX = 2, RETRY_MS = 1000 };

enum tx change_keep(struct call *call, struct change *change, const char *answer)
{
    int64_t rows = idempotency_insert(call, answer);

    change->answer = answer;
    return rows == 1 ? TX_KEEP : tx_failure(rows);
}

enum tx change_refuse(struct change *change, enum outcome refusal)
{
    change->refusal = refusal;
    return TX_UNDO;
}

enum outcome change_refuse_early(struct call *call, struct change *change, enum outcome refusal)
{
    struct refusal reasons = call->refusal;
    enum outcome outcome = idempotency_find(call, &change->answer);

    switch (outcome) {
    case OUTCOME_DONE:
        change->repeated = true;
        counters_add(call->store->counters, COUNTER_replays, 1);
        return OUTCOME_DONE;
    case OUTCOME_NOT_FOUND: call->refusal = reasons; return refusal;
    default: return outcome;
    }
}

/* The answer to COMMIT was lost, but the key's row tells: it is there, or it never will be. */
static enum outcome find_own_answer(struct call *call, struct change *change)
{
    const char *answer;
    enum outcome outcome = idempotency_find(call, &answer);

    if (outcome == OUTCOME_DONE)
        change->answer = answer;
    return outcome;
}

static enum outcome make_in_line(struct call *call, struct change *change)
{
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        enum outcome outcome = OUTCOME_NOT_FOUND;
        switch (change_group_run(call, change)) {
        case TRANSACTION_KEPT: return OUTCOME_DONE;
        case TRANSACTION_UNDONE: return change_refuse_early(call, change, change->refusal);
        case TRANSACTION_CLASHED:
            return change_refuse_early(call, change, idempotency_clashed(call) ? OUTCOME_KEY_RUNNING : change->clash);
        case TRANSACTION_BROKEN: return change_refuse_early(call, change, OUTCOME_UNAVAILABLE);
        case TRANSACTION_UNKNOWN: outcome = find_own_answer(call, change); break;
        }
        if (outcome != OUTCOME_NOT_FOUND)
            return outcome;
    }
    return OUTCOME_UNAVAILABLE;
}

/* Refused before its transaction. Where nothing can be known, nor is the key asked. */
static enum outcome refuse_unbegun(struct call *call, struct change *change, enum outcome refusal)
{
    if (refusal == OUTCOME_UNAVAILABLE || refusal == OUTCOME_NOT_SIGNED_IN)
        return refusal;
    return change_refuse_early(call, change, refusal);
}

static enum outcome may(struct call *call, const struct change *change)
{
    return change->may != NULL ? change->may(call, change->args) : OUTCOME_DONE;
}

/* Not in line, but what would be refused there, or was answered before, need not come again to hear of it. */
static enum outcome refuse_out_of_line(struct call *call, struct change *change, enum outcome refusal)
{
    struct refusal reasons = call->refusal;

    call->refusal = (struct refusal){0};
    enum outcome outcome = may(call, change);
    if (outcome != OUTCOME_DONE)
        return refuse_unbegun(call, change, outcome);
    call->refusal = reasons;
    return refusal == OUTCOME_BUSY ? change_refuse_early(call, change, refusal) : refusal;
}

static enum outcome make_if_it_may(struct call *call, struct change *change)
{
    enum outcome outcome = may(call, change);

    if (fail_point("change.locked"))
        return OUTCOME_UNAVAILABLE;
    return outcome == OUTCOME_DONE ? make_in_line(call, change) : refuse_unbegun(call, change, outcome);
}

enum outcome change_make(struct call *call, struct change *change)
{
    enum outcome outcome = points_locks_take(call, call->account_id, &change->lock);

    if (outcome == OUTCOME_BUSY || outcome == OUTCOME_TOO_MANY_REQUESTS)
        return refuse_out_of_line(call, change, outcome);
    if (outcome != OUTCOME_DONE)
        return outcome;
    outcome = make_if_it_may(call, change);
    if (outcome == OUTCOME_DONE && !change->repeated && !change->told)
        change_tell(call, change);
    points_locks_release(call, change->lock);
    if (fail_point("change.released"))
        return OUTCOME_UNAVAILABLE;
    if (outcome == OUTCOME_UNAVAILABLE || outcome == OUTCOME_KEY_RUNNING)
        return call_refuse_until(call, outcome, RETRY_MS);
    return outcome;
}
