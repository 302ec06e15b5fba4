#include "store/dead_letters.h"

#include <talloc.h>

#include "base/must.h"
#include "store/event_rows.h"
#include "store/mysql.h"
#include "store/store.h"

enum { COLUMN_ID = 5, COLUMN_GROUP, COLUMN_ERROR, COLUMN_ATTEMPTS, COLUMN_CREATED, COLUMN_REPLAYED };

int64_t dead_letters_insert(struct call *call, const char *group, const struct event *event, const char *error,
                            int64_t attempts)
{
    return sql_change(call->store->mysql, SQL_DEAD_LETTERS_INSERT,
                      SQL_ARGS(sql_text(group), sql_text(event->id), sql_text(event->aggregatetype),
                               sql_text(event->aggregateid), sql_text(event->type), sql_text(event->payload),
                               sql_text(error), sql_i64(attempts), sql_time(call->now_ms)));
}

static struct dead_letter letter_of(const struct sql_rows *rows, size_t row)
{
    return (struct dead_letter){
        .dead_letter_id = (uint64_t)sql_number(rows, row, COLUMN_ID),
        .group = sql_string(rows, row, COLUMN_GROUP),
        .event = event_of_row(rows, row, 0),
        .error = sql_string(rows, row, COLUMN_ERROR),
        .attempts = sql_number(rows, row, COLUMN_ATTEMPTS),
        .died_ms = sql_time_ms(rows, row, COLUMN_CREATED),
        .replayed_ms = sql_time_ms(rows, row, COLUMN_REPLAYED),
    };
}

enum outcome dead_letters_list(struct call *call, uint64_t before, size_t limit, struct dead_letter **letters,
                               size_t *count)
{
    struct sql_rows rows;

    if (sql_select(call->store->mysql, call->mem, SQL_DEAD_LETTERS_LIST,
                   SQL_ARGS(sql_u64(before == 0 ? UINT64_MAX : before), sql_u64(limit)), &rows) != 0)
        return OUTCOME_UNAVAILABLE;
    *letters = must(talloc_zero_array(call->mem, struct dead_letter, rows.count + 1));
    *count = rows.count;
    for (size_t i = 0; i < rows.count; i++)
        (*letters)[i] = letter_of(&rows, i);
    return OUTCOME_DONE;
}

/* 1 with *letter, 0 when there is none, or a failure. */
static int read_one(struct call *call, enum statement statement, uint64_t dead_letter_id, struct dead_letter *letter)
{
    struct sql_rows rows;
    int failure = sql_select(call->store->mysql, call->mem, statement, SQL_ARGS(sql_u64(dead_letter_id)), &rows);

    if (failure != 0)
        return failure;
    if (rows.count == 0)
        return 0;
    *letter = letter_of(&rows, 0);
    return 1;
}

enum outcome dead_letters_find(struct call *call, uint64_t dead_letter_id, struct dead_letter *letter)
{
    int found = read_one(call, SQL_DEAD_LETTERS_FIND, dead_letter_id, letter);

    return found == 1 ? OUTCOME_DONE : found == 0 ? OUTCOME_NOT_FOUND : OUTCOME_UNAVAILABLE;
}

int dead_letters_read(struct call *call, uint64_t dead_letter_id, struct dead_letter *letter)
{
    return read_one(call, SQL_DEAD_LETTERS_READ, dead_letter_id, letter);
}

int64_t dead_letters_mark_replayed(struct call *call, uint64_t dead_letter_id)
{
    return sql_change(call->store->mysql, SQL_DEAD_LETTERS_MARK_REPLAYED,
                      SQL_ARGS(sql_time(call->now_ms), sql_u64(dead_letter_id)));
}
