#include "domain/change_group.h"

#include <string.h>

#include "base/clock.h"
#include "base/counters.h"
#include "base/fail_point.h"
#include "base/gather.h"
#include "store/store.h"

enum { WAIT_MS = 500 };

struct group {
    struct change *changes[CHANGES_TOGETHER_MAX];
    int count;
};

/* On the connections of this thread; the change's own thread waits meanwhile. */
static enum tx next_step(const struct call *call, struct change *change)
{
    struct call own = *change->call;

    own.store = call->store;
    return (*change->next++)(&own, change->args);
}

static enum tx ask_all(struct call *call, const struct group *group)
{
    struct sql_done done[CHANGES_TOGETHER_MAX * TRANSACTION_ASKS];

    for (int i = 0; i < group->count; i++) {
        group->changes[i]->next = group->changes[i]->steps;
        enum tx tx = next_step(call, group->changes[i]);
        if (tx != TX_KEEP)
            return tx;
    }
    enum tx tx = transact_ask(call, done, (size_t)group->count * TRANSACTION_ASKS);
    for (int i = 0; i < group->count && tx == TX_KEEP; i++)
        memcpy(group->changes[i]->asked, done + i * TRANSACTION_ASKS, sizeof(group->changes[i]->asked));
    return tx;
}

/* Everybody's next step before anybody's next but one: rows of one table become one statement. */
static enum tx step_all(struct call *call, const struct group *group, bool *more)
{
    *more = false;
    for (int i = 0; i < group->count; i++) {
        if (*group->changes[i]->next == NULL)
            continue;
        enum tx tx = next_step(call, group->changes[i]);
        if (tx != TX_KEEP)
            return tx;
        if (fail_point("change.step"))
            return TX_AGAIN;
        *more = true;
    }
    return TX_KEEP;
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

static void run_all(struct call *call, struct gather_piece **pieces, int count, int64_t until_ns)
{
    struct group group = {.count = count};

    for (int i = 0; i < count; i++)
        group.changes[i] = pieces[i]->work;
    enum transaction_end end = transact_until(call, until_ns, run_steps, &group);
    for (int i = 0; i < count; i++)
        group.changes[i]->end = end;
    if (end == TRANSACTION_KEPT && count > 1)
        counters_add(call->store->counters, COUNTER_changes_together, (uint64_t)count);
}

enum transaction_end change_group_run(struct call *call, struct change *change)
{
    struct gather_piece *pieces[CHANGES_TOGETHER_MAX];
    int64_t until_ns = transact_limit_ns();

    change->call = call;
    change->piece.work = change;
    int count = gather(call->store->changes, &change->piece, WAIT_MS, pieces);
    if (count > 0) {
        run_all(call, pieces, count, until_ns);
        gather_done(call->store->changes, pieces, count);
    }
    if (count < 0)
        return run_alone(call, change, until_ns);
    if (count == 1 || change->end == TRANSACTION_KEPT || change->end == TRANSACTION_UNKNOWN)
        return change->end;
    return clock_steady_ns() > until_ns ? TRANSACTION_BROKEN : run_alone(call, change, until_ns);
}
