/* Outcomes as HTTP sees them. */
#ifndef FRONTROW_HTTP_STATUS_H
#define FRONTROW_HTTP_STATUS_H

#include <stddef.h>

#include "base/outcome.h"

/* The status code of an outcome. DONE is 200 here; a route's row may say otherwise. */
int status_of(enum outcome outcome);

/* "Conflict" for 409. */
const char *status_phrase(int status);

/* A small number for each status we ever send, for counters; and back. The last one stands for any other. */
size_t status_index(int status);
int status_at(size_t index); /* 0 beyond the last */

#endif
