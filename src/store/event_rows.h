/* Reading events from rows; for the statements of store/ alone. */
#ifndef FRONTROW_STORE_EVENT_ROWS_H
#define FRONTROW_STORE_EVENT_ROWS_H

#include "base/event.h"
#include "store/mysql.h"

/* The columns id, aggregatetype, aggregateid, type, payload from this one on. */
struct event event_of_row(const struct sql_rows *rows, size_t row, size_t first_column);

#endif
