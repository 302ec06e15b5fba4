/*
 * A seat plan as a CSV file: a line for each section, behind one that names the columns: section,
 * grade, price, rows, seats_per_row, in any order, others between them ignored. Comma, semicolon or
 * tab, whichever the first line uses; quotes as in RFC 4180, but no line break within them.
 */
#ifndef FRONTROW_DOMAIN_PLAN_CSV_H
#define FRONTROW_DOMAIN_PLAN_CSV_H

#include <stddef.h>

#include "base/call.h"
#include "store/concerts.h"

enum { PLAN_FAULTS_MAX = 50 };

/*
 * Read the grades and sections into the plan, on call->mem. DONE; or BAD_VALUE, with what is wrong,
 * line by line, in call->refusal.faults: the first PLAN_FAULTS_MAX of it.
 */
enum outcome plan_csv_read(struct call *call, const char *text, size_t length, struct plan *plan);

#endif
