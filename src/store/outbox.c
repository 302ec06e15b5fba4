#include "store/outbox.h"

#include <stdio.h>
#include <talloc.h>

#include "base/must.h"
#include "store/event_rows.h"
#include "store/mysql.h"
#include "store/redis.h"
#include "store/store.h"
#include "store/transaction.h"

enum {
    POSITIONS_PER_STATEMENT = 32, /* as many as the statements have parameters */
    LEAD_WAIT_S = 1,
    COLUMN_CREATED = 6,
    COLUMN_SENT,
};

static const char poke_key[] = "events:poke";

int64_t outbox_insert(struct call *call, const struct event *event)
{
    return sql_queue_row(call->store->mysql, SQL_OUTBOX_INSERT,
                         SQL_ARGS(sql_text(event->id), sql_text(event->aggregatetype), sql_text(event->aggregateid),
                                  sql_text(event->type), sql_text(event->payload), sql_time(event->created_ms)));
}

void outbox_poke(struct call *call)
{
    redis_script_along(call->store->redis, SCRIPT_OUTBOX_POKE, REDIS_TEXTS(poke_key), REDIS_NONE);
}

bool outbox_wait(struct call *call, long wait_ms)
{
    /* The answer must come before the link's own time limit ends. */
    long limit_ms = call->store->config->redis_timeout_ms / 2;
    const char *seconds =
        must(talloc_asprintf(call->mem, "%.3f", (double)(wait_ms < limit_ms ? wait_ms : limit_ms) / 1000));

    return redis_command(call->store->redis, call->mem, REDIS_TEXTS("BLPOP", poke_key, seconds)) != NULL;
}

/* The one number that a statement answers with; 0 when it cannot be had. */
static int64_t ask_number(struct call *call, enum statement statement, const struct sql_arg *args, size_t count)
{
    struct sql_rows rows;

    if (sql_select(call->store->mysql, call->mem, statement, args, count, &rows) != 0)
        return 0;
    return sql_number(&rows, 0, 0);
}

bool outbox_lead(struct call *call)
{
    return ask_number(call, SQL_OUTBOX_LEADS, SQL_NO_ARGS) == 1 ||
           ask_number(call, SQL_OUTBOX_LEAD, SQL_ARGS(sql_i64(LEAD_WAIT_S))) == 1;
}

void outbox_resign(struct call *call)
{
    ask_number(call, SQL_OUTBOX_RESIGN, SQL_NO_ARGS);
}

static enum outcome read_rows(struct call *call, enum statement statement, const struct sql_arg *args,
                              size_t args_count, struct outbox_row **rows, size_t *count)
{
    struct sql_rows read;

    if (sql_select(call->store->mysql, call->mem, statement, args, args_count, &read) != 0)
        return OUTCOME_UNAVAILABLE;
    *rows = must(talloc_zero_array(call->mem, struct outbox_row, read.count + 1));
    *count = read.count;
    for (size_t i = 0; i < read.count; i++) {
        (*rows)[i].position = (uint64_t)sql_number(&read, i, 0);
        (*rows)[i].event = event_of_row(&read, i, 1);
        (*rows)[i].event.created_ms = sql_time_ms(&read, i, COLUMN_CREATED);
        (*rows)[i].sent_ms = sql_time_ms(&read, i, COLUMN_SENT);
    }
    return OUTCOME_DONE;
}

enum outcome outbox_unsent(struct call *call, size_t limit, struct outbox_row **rows, size_t *count)
{
    return read_rows(call, SQL_OUTBOX_UNSENT, SQL_ARGS(sql_u64(limit)), rows, count);
}

enum outcome outbox_overdue(struct call *call, int64_t sent_before_ms, size_t limit, struct outbox_row **rows,
                            size_t *count)
{
    return read_rows(call, SQL_OUTBOX_OVERDUE, SQL_ARGS(sql_time(sent_before_ms), sql_u64(limit)), rows, count);
}

/* Fill a statement's parameters with positions; the last one again where there are fewer. */
static size_t fill(struct sql_arg *args, const uint64_t *positions, size_t count)
{
    size_t used = count < POSITIONS_PER_STATEMENT ? count : POSITIONS_PER_STATEMENT;

    for (size_t i = 0; i < POSITIONS_PER_STATEMENT; i++)
        args[i] = sql_u64(positions[i < used ? i : used - 1]);
    return used;
}

struct change {
    enum statement statement;
    const struct sql_arg *first; /* NULL when positions are all it takes */
    const uint64_t *positions;
    size_t count;
};

/* One commit for all parts, because a commit waits for the disk. */
static enum tx change_all(struct call *call, void *args)
{
    const struct change *change = args;
    struct sql_arg sql[1 + POSITIONS_PER_STATEMENT];
    size_t before = change->first != NULL ? 1 : 0;

    if (change->first != NULL)
        sql[0] = *change->first;
    for (size_t done = 0; done < change->count;) {
        done += fill(sql + before, change->positions + done, change->count - done);
        int64_t changed = sql_change(call->store->mysql, change->statement, sql, before + POSITIONS_PER_STATEMENT);
        if (changed < 0)
            return tx_failure(changed);
    }
    return TX_KEEP;
}

static enum outcome change_together(struct call *call, struct change change)
{
    if (change.count == 0)
        return OUTCOME_DONE;
    return transact(call, change_all, &change) == TRANSACTION_KEPT ? OUTCOME_DONE : OUTCOME_UNAVAILABLE;
}

enum outcome outbox_mark_sent(struct call *call, const uint64_t *positions, size_t count)
{
    struct sql_arg now = sql_time(call->now_ms);

    return change_together(call, (struct change){SQL_OUTBOX_MARK_SENT, &now, positions, count});
}

enum outcome outbox_delete(struct call *call, const uint64_t *positions, size_t count)
{
    return change_together(call, (struct change){SQL_OUTBOX_DELETE, NULL, positions, count});
}

enum outcome outbox_mark_all_unsent(struct call *call)
{
    return sql_change(call->store->mysql, SQL_OUTBOX_MARK_ALL_UNSENT, SQL_NO_ARGS) < 0 ? OUTCOME_UNAVAILABLE
                                                                                       : OUTCOME_DONE;
}

enum outcome outbox_delete_received(struct call *call, size_t groups, size_t *count)
{
    struct sql_rows read;

    if (sql_select(call->store->mysql, call->mem, SQL_OUTBOX_RECEIVED, SQL_ARGS(sql_u64(groups)), &read) != 0)
        return OUTCOME_UNAVAILABLE;
    uint64_t *positions = must(talloc_zero_array(call->mem, uint64_t, read.count + 1));
    for (size_t i = 0; i < read.count; i++)
        positions[i] = (uint64_t)sql_number(&read, i, 0);
    *count = read.count;
    return outbox_delete(call, positions, read.count);
}

enum outcome outbox_waiting(struct call *call, uint64_t *waiting, int64_t *oldest_ms)
{
    struct sql_rows read;

    if (sql_select(call->store->mysql, call->mem, SQL_OUTBOX_WAITING, SQL_NO_ARGS, &read) != 0)
        return OUTCOME_UNAVAILABLE;
    *waiting = (uint64_t)sql_number(&read, 0, 0);
    *oldest_ms = sql_time_ms(&read, 0, 1);
    return OUTCOME_DONE;
}

enum outcome outbox_list(struct call *call, uint64_t after, size_t limit, struct outbox_row **rows, size_t *count)
{
    return read_rows(call, SQL_OUTBOX_LIST, SQL_ARGS(sql_u64(after), sql_u64(limit)), rows, count);
}
