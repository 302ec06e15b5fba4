#include "store/event_rows.h"

#include <stdio.h>

struct event event_of_row(const struct sql_rows *rows, size_t row, size_t first_column)
{
    struct event event = {
        .aggregatetype = sql_string(rows, row, first_column + 1),
        .aggregateid = sql_string(rows, row, first_column + 2),
        .type = sql_string(rows, row, first_column + 3),
        .payload = sql_string(rows, row, first_column + 4),
    };

    snprintf(event.id, sizeof(event.id), "%s", sql_string(rows, row, first_column));
    return event;
}
