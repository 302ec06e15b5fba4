#include "domain/invariant.h"

#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "base/text.h"
#include "store/embedded.h"
#include "store/mysql.h"
#include "store/store.h"

enum { PROMISES_MAX = 64 };

/* What stands behind "-- promise: " up to the end of that line. */
static const char *name_of(const void *mem, const char *statement)
{
    const char *name = strstr(statement, "-- promise: ");

    if (name == NULL)
        return "(unnamed)";
    name += strlen("-- promise: ");
    return must(talloc_strndup(mem, name, strcspn(name, "\n")));
}

static const char *row_as_text(const void *mem, const struct sql_rows *rows)
{
    struct text *text = text_new(mem, 64);

    for (size_t column = 0; column < rows->columns; column++) {
        const char *value = sql_string(rows, 0, column);
        text_format(text, "%s%s", column == 0 ? "" : " ", value == NULL ? "NULL" : value);
    }
    return text->bytes;
}

/* Rows of a stream's events stay until every group has them; those of Kafka's go before. */
static int look_past_the_bus(struct call *call)
{
    bool stream = strcmp(call->store->config->events_bus, "stream") == 0;

    return sql_run(call->store->mysql, call->mem, stream ? "SET @on_the_bus_s = 0" : "SET @on_the_bus_s = 3600", NULL);
}

enum outcome invariant_check(struct call *call, struct promise **promises, size_t *count)
{
    const char *at = embedded_text("invariants.sql");
    struct promise *list = must(talloc_zero_array(call->mem, struct promise, PROMISES_MAX));

    *count = 0;
    if (look_past_the_bus(call) != 0)
        return OUTCOME_UNAVAILABLE;
    for (char *statement; (statement = embedded_statement(call->mem, &at)) != NULL; ++*count) {
        struct sql_rows rows = {0};
        if (*count == PROMISES_MAX || sql_run(call->store->mysql, call->mem, statement, &rows) != 0)
            return OUTCOME_UNAVAILABLE;
        list[*count].promise = name_of(call->mem, statement);
        list[*count].broken = rows.count;
        if (rows.count > 0)
            list[*count].first = row_as_text(call->mem, &rows);
    }
    *promises = list;
    return OUTCOME_DONE;
}
