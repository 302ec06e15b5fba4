#include "domain/change_group.h"

#include <stdlib.h>
#include <string.h>

#include "base/counters.h"
#include "base/fail_point.h"
#include "base/gather.h"
#include "store/idempotency.h"
#include "store/store.h"

enum { WAIT_MS = 500 };

struct group {
    struct change *changes[CHANGES_TOGETHER_MAX];
    int count;
};

/* The change's own thread waits while this one acts for it, on this one's connections. */
static struct call as(const struct change *change, const struct call *call)
{
    struct call own = *change->call;

    own.store = call->store;
    return own;
}

static enum tx next_step(const struct call *call, struct change *change)
{
    struct call own = as(change, call);

    return (*change->next++)(&own, change->args);
}

static enum tx ask_all(struct call *call, const struct group *group)
{
    struct sql_done done[CHANGES_TOGETHER_MAX * TRANSACTION_ASKS];

    for (int i = 0; i < group->count; i++) {
        struct change *change = group->changes[i];
        change->next = change->steps;
        change->refusal = OUTCOME_DONE;
        enum tx tx = next_step(call, change);
        if (tx != TX_KEEP)
            return tx;
    }
    enum tx tx = transact_ask(call, done, (size_t)group->count * TRANSACTION_ASKS);
    for (int i = 0; i < group->count && tx == TX_KEEP; i++)
        memcpy(group->changes[i]->asked, done + i * TRANSACTION_ASKS, sizeof(group->changes[i]->asked));
    return tx;
}

/*
 * Everybody's next step before anybody's next but one: rows of one table become one statement, and all who are refused
 * are known at once.
 */
static enum tx step_all(struct call *call, const struct group *group, bool *more)
{
    enum tx all = TX_KEEP;

    *more = false;
    for (int i = 0; i < group->count; i++) {
        if (*group->changes[i]->next == NULL)
            continue;
        *more = true;
        enum tx tx = next_step(call, group->changes[i]);
        if (tx == TX_AGAIN || tx == TX_BROKEN)
            return tx;
        if (tx == TX_UNDO)
            all = TX_UNDO;
    }
    return all == TX_KEEP && *more && fail_point("change.step") ? TX_AGAIN : all;
}

static enum tx run_steps(struct call *call, void *args)
{
    const struct group *group = args;
    enum tx tx = ask_all(call, group);

    for (bool more = true; tx == TX_KEEP && more;)
        tx = step_all(call, group, &more);
    return tx == TX_KEEP && fail_point("change.commit") ? TX_BROKEN : tx;
}

static enum transaction_end run_alone(struct call *call, struct change *change, int64_t until_ns)
{
    struct group group = {.changes = {change}, .count = 1};

    return transact_until(call, until_ns, run_steps, &group);
}

/* Two groups that want the same rows meet at the first. */
static int by_account(const void *left, const void *right)
{
    uint64_t a = (*(struct change *const *)left)->call->account_id;
    uint64_t b = (*(struct change *const *)right)->call->account_id;

    return (a > b) - (a < b);
}

static bool was_answered_before(const struct call *call, const struct change *change)
{
    struct call own = as(change, call);
    const char *answer;

    return idempotency_find(&own, &answer) != OUTCOME_NOT_FOUND;
}

/* Whoever stands in the others' way goes; true when there are others. What is left has not been run. */
static bool let_go(const struct call *call, struct group *group, enum transaction_end end)
{
    bool key = end == TRANSACTION_CLASHED && idempotency_clashed(call);
    int left = 0;

    for (int i = 0; i < group->count; i++) {
        struct change *change = group->changes[i];
        change->end = end;
        if (change->refusal == OUTCOME_DONE && !(key && was_answered_before(call, change)))
            group->changes[left++] = change;
    }
    bool gone = left < group->count;
    group->count = left;
    return gone && left > 0;
}

/*
 * One try, and another without those who are refused or answered already: what takes longer, a row that somebody else
 * has locked above all, is no stranger's business.
 */
static void run_together(struct call *call, struct gather_piece **pieces, int count)
{
    struct group group = {.count = count};

    for (int i = 0; i < count; i++)
        group.changes[i] = pieces[i]->work;
    qsort(group.changes, (size_t)count, sizeof(struct change *), by_account);
    counters_add(call->store->counters, COUNTER_changes_together, (uint64_t)count);
    enum transaction_end end = transact_until(call, TRANSACTION_ONE_TRY, run_steps, &group);
    if ((end == TRANSACTION_UNDONE || end == TRANSACTION_CLASHED) && let_go(call, &group, end))
        end = transact_until(call, TRANSACTION_ONE_TRY, run_steps, &group);
    for (int i = 0; i < group.count; i++)
        group.changes[i]->end = end;
}

/* What went wrong may have been another's doing. */
static bool is_its_own_end(const struct change *change)
{
    return change->end == TRANSACTION_KEPT || change->end == TRANSACTION_UNKNOWN ||
           (change->end == TRANSACTION_UNDONE && change->refusal != OUTCOME_DONE);
}

enum transaction_end change_group_run(struct call *call, struct change *change)
{
    struct gather_piece *pieces[CHANGES_TOGETHER_MAX];
    int64_t until_ns = transact_limit_ns();

    change->call = call;
    change->piece.work = change;
    change->end = TRANSACTION_BROKEN;
    int count = gather(call->store->changes, &change->piece, WAIT_MS, pieces);
    if (count == 1)
        change->end = run_alone(call, change, until_ns);
    else if (count > 1)
        run_together(call, pieces, count);
    if (count > 0)
        gather_done(call->store->changes, pieces, count);
    return count == 1 || is_its_own_end(change) ? change->end : run_alone(call, change, until_ns);
}
