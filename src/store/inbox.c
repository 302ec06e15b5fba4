#include "store/inbox.h"

#include "store/mysql.h"
#include "store/store.h"

enum outcome inbox_look(struct call *call, const char *group, const struct event *event, struct inbox_look *look)
{
    struct sql_rows rows;

    if (sql_select(call->store->mysql, call->mem, SQL_INBOX_LOOK,
                   SQL_ARGS(sql_text(event->id), sql_text(group), sql_text(group), sql_text(event->aggregateid),
                            sql_text(event->aggregatetype)),
                   &rows) != 0)
        return OUTCOME_UNAVAILABLE;
    look->done = sql_number(&rows, 0, 0) != 0;
    look->behind_a_retry = sql_number(&rows, 0, 1) != 0;
    return OUTCOME_DONE;
}

int64_t inbox_insert(struct call *call, const char *group, const struct event *event)
{
    return sql_change(call->store->mysql, SQL_INBOX_INSERT,
                      SQL_ARGS(sql_text(event->id), sql_text(group), sql_time(call->now_ms)));
}

int64_t inbox_delete(struct call *call, const char *group, const char *event_id)
{
    return sql_change(call->store->mysql, SQL_INBOX_DELETE, SQL_ARGS(sql_text(event_id), sql_text(group)));
}
