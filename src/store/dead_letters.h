/*
 * Events that a group gave up on: nobody waits for them any more, and operators can see them and
 * send them again.
 */
#ifndef FRONTROW_STORE_DEAD_LETTERS_H
#define FRONTROW_STORE_DEAD_LETTERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/call.h"
#include "base/event.h"

/* Inside a transaction. Safe to repeat. Rows changed, or a failure of sql_change(). */
int64_t dead_letters_insert(struct call *call, const char *group, const struct event *event, const char *error,
                            int64_t attempts);

struct dead_letter {
    uint64_t dead_letter_id;
    const char *group;
    struct event event;
    const char *error;
    int64_t attempts;
    int64_t died_ms;
    int64_t replayed_ms; /* 0: not, or it died again since */
};

/* Up to limit with a number below before (0: from the newest), newest first. DONE or UNAVAILABLE. */
enum outcome dead_letters_list(struct call *call, uint64_t before, size_t limit, struct dead_letter **letters,
                               size_t *count);

/* One, on call->mem. DONE, NOT_FOUND or UNAVAILABLE. */
enum outcome dead_letters_find(struct call *call, uint64_t dead_letter_id, struct dead_letter *letter);

/* Inside a transaction: 1 with *letter, which is locked; 0 when there is none; or a failure of sql_select(). */
int dead_letters_read(struct call *call, uint64_t dead_letter_id, struct dead_letter *letter);

/* Inside a transaction. Rows changed, or a failure of sql_change(). */
int64_t dead_letters_mark_replayed(struct call *call, uint64_t dead_letter_id);

#endif
