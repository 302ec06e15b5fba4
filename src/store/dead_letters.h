/*
 * Events that a group gave up on: nobody waits for them any more, and operators can see them and
 * send them again.
 */
#ifndef FRONTROW_STORE_DEAD_LETTERS_H
#define FRONTROW_STORE_DEAD_LETTERS_H

#include <stdint.h>

#include "base/call.h"
#include "base/event.h"

/* Inside a transaction. Safe to repeat. Rows changed, or a failure of sql_change(). */
int64_t dead_letters_insert(struct call *call, const char *group, const struct event *event, const char *error,
                            int64_t attempts);

#endif
