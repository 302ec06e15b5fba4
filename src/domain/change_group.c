#include "domain/change_group.h"

#include <stdlib.h>
#include <string.h>

#include "base/counters.h"
#include "base/fail_point.h"
#include "base/gather.h"
#include "store/idempotency.h"
#include "store/outbox.h"
#include "store/points_locks.h"
#include "store/redis.h"
#include "store/store.h"

/* A transaction that takes longer waits for something that the next need not wait for. */
enum { PATIENCE_MS = 100 };

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

/* Whose the next thing is that is queued. */
struct questions {
    struct change *of[CHANGES_TOGETHER_MAX * TRANSACTION_ASKS];
    size_t count;
};

/* Everybody's first question before anybody's second, so that rows of one table become one statement. */
static enum tx put_questions(struct call *call, const struct group *group, int round, struct questions *questions)
{
    for (int i = 0; i < group->count; i++) {
        struct change *change = group->changes[i];
        if (round >= change->asks)
            continue;
        enum tx tx = next_step(call, change);
        if (tx != TX_KEEP)
            return tx;
        while (questions->count < transact_asked(call))
            questions->of[questions->count++] = change;
    }
    return TX_KEEP;
}

static void begin_steps(const struct group *group)
{
    for (int i = 0; i < group->count; i++) {
        group->changes[i]->next = group->changes[i]->steps;
        group->changes[i]->asked_count = 0;
        group->changes[i]->refusal = OUTCOME_DONE;
    }
}

static enum tx ask_all(struct call *call, const struct group *group)
{
    struct sql_done done[CHANGES_TOGETHER_MAX * TRANSACTION_ASKS];
    struct questions questions = {.count = 0};
    enum tx tx = TX_KEEP;

    begin_steps(group);
    for (int round = 0; tx == TX_KEEP && round < TRANSACTION_ASKS; round++)
        tx = put_questions(call, group, round, &questions);
    if (tx == TX_KEEP)
        tx = transact_ask(call, done, questions.count);
    for (size_t i = 0; tx == TX_KEEP && i < questions.count; i++) {
        struct change *change = questions.of[i];
        change->asked[change->asked_count++] = done[i];
    }
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

/* After COMMIT its answer may be lost. */
static enum transaction_end run_group(struct call *call, int64_t until_ns, struct group *group)
{
    enum transaction_end end = transact_until(call, until_ns, run_steps, group);

    return fail_point("change.committed") ? TRANSACTION_UNKNOWN : end;
}

static void run_alone(struct call *call, struct change *change, int64_t until_ns)
{
    struct group group = {.changes = {change}, .count = 1};

    change->end = run_group(call, until_ns, &group);
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
    enum transaction_end end = run_group(call, TRANSACTION_ONE_TRY, &group);
    if ((end == TRANSACTION_UNDONE || end == TRANSACTION_CLASHED) && let_go(call, &group, end))
        end = run_group(call, TRANSACTION_ONE_TRY, &group);
    for (int i = 0; i < group.count; i++)
        group.changes[i]->end = end;
}

/* What went wrong may have been another's doing. */
static bool is_its_own_end(const struct change *change)
{
    return change->end == TRANSACTION_KEPT || change->end == TRANSACTION_UNKNOWN ||
           (change->end == TRANSACTION_UNDONE && change->refusal != OUTCOME_DONE);
}

/* True when there is something for the relay. */
static bool tell(struct call *call, struct change *change)
{
    change->told = true;
    if (change->kept != NULL)
        change->kept(call, change->args);
    return change->kept != NULL;
}

void change_tell(struct call *call, struct change *change)
{
    if (tell(call, change))
        outbox_poke(call);
}

/* Redis hears of all that was kept in one round trip, which also gives back the locks. */
static void tell_all(struct call *call, struct gather_piece **pieces, int count)
{
    bool news = false;

    for (int i = 0; i < count; i++) {
        struct change *change = pieces[i]->work;
        struct call own = as(change, call);
        if (change->end != TRANSACTION_KEPT)
            continue;
        news = tell(&own, change) || news;
        points_locks_release_along(&own, change->lock);
    }
    if (news)
        outbox_poke(call);
    redis_flush(call->store->redis);
}

enum transaction_end change_group_run(struct call *call, struct change *change)
{
    struct gather_piece *pieces[CHANGES_TOGETHER_MAX];
    int64_t until_ns = transact_limit_ns();

    change->call = call;
    change->piece.work = change;
    change->end = TRANSACTION_BROKEN;
    int count = gather(call->store->changes, &change->piece, PATIENCE_MS, pieces);
    if (count == 1)
        run_alone(call, change, until_ns);
    else if (count > 1)
        run_together(call, pieces, count);
    if (count > 0) {
        gather_next(call->store->changes, &change->piece);
        tell_all(call, pieces, count);
        gather_done(call->store->changes, pieces, count);
    }
    if (count != 1 && !is_its_own_end(change)) {
        run_alone(call, change, until_ns);
        tell_all(call, (struct gather_piece *[]){&change->piece}, 1);
    }
    return change->end;
}
