/*
 * A statement with its arguments written into it, so that several can travel as one text. Whatever is
 * not a number is written in hex: nothing in it can end a string, whatever the server takes for one.
 */
#ifndef FRONTROW_STORE_SQL_TEXT_H
#define FRONTROW_STORE_SQL_TEXT_H

#include "base/text.h"
#include "store/mysql.h"

/* Append it. The statement has as many question marks as there are arguments, and no others. */
void sql_text_put(struct text *text, enum statement statement, const struct sql_arg *args, size_t count);

/* Append one more row to an INSERT … VALUES (…) that was put before. */
void sql_text_put_row(struct text *text, enum statement statement, const struct sql_arg *args, size_t columns);

/* Append an INSERT … VALUES (…) that ends there, with several rows of arguments instead of one. */
void sql_text_put_rows(struct text *text, enum statement statement, const struct sql_arg *args, size_t columns,
                       size_t rows);

#endif
