#include "store/dead_letters.h"

#include "store/mysql.h"
#include "store/store.h"

int64_t dead_letters_insert(struct call *call, const char *group, const struct event *event, const char *error,
                            int64_t attempts)
{
    return sql_change(call->store->mysql, SQL_DEAD_LETTERS_INSERT,
                      SQL_ARGS(sql_text(group), sql_text(event->id), sql_text(event->aggregatetype),
                               sql_text(event->aggregateid), sql_text(event->type), sql_text(event->payload),
                               sql_text(error), sql_i64(attempts), sql_time(call->now_ms)));
}
