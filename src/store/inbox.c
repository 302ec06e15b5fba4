#include "store/inbox.h"

#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "store/mysql.h"
#include "store/store.h"

enum {
    EVENTS_PER_STATEMENT = 32, /* as many as the statement has parameters, twice */
    COLUMNS = 3,
};

/* What a row says of one of the events: it is done, or its aggregate waits. */
static void note(const struct sql_rows *rows, size_t row, const struct event *event, struct inbox_look *look)
{
    const char *name = sql_string(rows, row, 1);

    if (sql_number(rows, row, 0) == 0)
        look->done = look->done || strcmp(name, event->id) == 0;
    else if (strcmp(name, event->aggregateid) == 0 && strcmp(sql_string(rows, row, 2), event->aggregatetype) == 0)
        look->behind_a_retry = true;
}

/* Where there are fewer events than parameters the last one fills the rest. */
static enum outcome look_at_some(struct call *call, const char *group, const struct event *const *events, size_t count,
                                 struct inbox_look *looks)
{
    struct sql_arg args[2 + 2 * EVENTS_PER_STATEMENT];
    struct sql_rows rows;

    args[0] = args[1 + EVENTS_PER_STATEMENT] = sql_text(group);
    for (size_t i = 0; i < EVENTS_PER_STATEMENT; i++) {
        const struct event *event = events[i < count ? i : count - 1];
        args[1 + i] = sql_text(event->id);
        args[2 + EVENTS_PER_STATEMENT + i] = sql_text(event->aggregateid);
    }
    if (sql_select(call->store->mysql, call->mem, SQL_INBOX_LOOK, args, sizeof(args) / sizeof(args[0]), &rows) != 0)
        return OUTCOME_UNAVAILABLE;
    for (size_t i = 0; i < count; i++)
        for (size_t row = 0; row < rows.count; row++)
            note(&rows, row, events[i], &looks[i]);
    return OUTCOME_DONE;
}

enum outcome inbox_look(struct call *call, const char *group, const struct event *const *events, size_t count,
                        struct inbox_look *looks)
{
    memset(looks, 0, count * sizeof(*looks));
    for (size_t from = 0; from < count; from += EVENTS_PER_STATEMENT) {
        size_t some = count - from < EVENTS_PER_STATEMENT ? count - from : EVENTS_PER_STATEMENT;
        if (look_at_some(call, group, events + from, some, looks + from) != OUTCOME_DONE)
            return OUTCOME_UNAVAILABLE;
    }
    return OUTCOME_DONE;
}

int64_t inbox_insert(struct call *call, const char *group, const struct event *event)
{
    return sql_change(call->store->mysql, SQL_INBOX_INSERT,
                      SQL_ARGS(sql_text(event->id), sql_text(group), sql_time(call->now_ms)));
}

int64_t inbox_insert_all(struct call *call, const char *group, const struct event *const *events, size_t count)
{
    struct sql_arg *args = must(talloc_array(call->mem, struct sql_arg, count * COLUMNS));

    for (size_t i = 0; i < count; i++) {
        args[i * COLUMNS] = sql_text(events[i]->id);
        args[i * COLUMNS + 1] = sql_text(group);
        args[i * COLUMNS + 2] = sql_time(call->now_ms);
    }
    return sql_queue_rows(call->store->mysql, SQL_INBOX_INSERT, args, COLUMNS, count);
}

int64_t inbox_delete(struct call *call, const char *group, const char *event_id)
{
    return sql_change(call->store->mysql, SQL_INBOX_DELETE, SQL_ARGS(sql_text(event_id), sql_text(group)));
}
