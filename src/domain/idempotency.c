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

static enum transaction_end run(struct call *call, struct change *change)
{
    enum transaction_end end = change_group_run(call, change);

    return fail_point("change.committed") ? TRANSACTION_UNKNOWN : end;
}

static enum outcome make_in_line(struct call *call, struct change *change)
{
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        enum outcome outcome = OUTCOME_NOT_FOUND;
        switch (run(call, change)) {
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

enum outcome change_make(struct call *call, struct change *change)
{
    struct points_lock *lock;
    enum outcome outcome = points_locks_take(call, call->account_id, &lock);

    if (outcome == OUTCOME_BUSY)
        return change_refuse_early(call, change, outcome);
    if (outcome != OUTCOME_DONE)
        return outcome;
    outcome = fail_point("change.locked") ? OUTCOME_UNAVAILABLE : make_in_line(call, change);
    if (outcome == OUTCOME_DONE && !change->repeated && change->kept != NULL)
        change->kept(call, change->args);
    points_locks_release(call, lock);
    if (fail_point("change.released"))
        return OUTCOME_UNAVAILABLE;
    if (outcome == OUTCOME_UNAVAILABLE || outcome == OUTCOME_KEY_RUNNING)
        return call_refuse_until(call, outcome, RETRY_MS);
    return outcome;
}
