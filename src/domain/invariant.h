/*
 * The promises that must hold at every moment, as SQL (sql/check/invariants.sql): a statement
 * returns rows only when its promise is broken. Tests and operators run the same file.
 */
#ifndef FRONTROW_DOMAIN_INVARIANT_H
#define FRONTROW_DOMAIN_INVARIANT_H

#include "base/call.h"

struct promise {
    const char *promise;
    size_t broken;     /* rows that break it */
    const char *first; /* the first of them, for a person to read; NULL when there is none */
};

/* Run them all. DONE with the list on call->mem, or UNAVAILABLE. */
enum outcome invariant_check(struct call *call, struct promise **promises, size_t *count);

#endif
