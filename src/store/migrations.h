/*
 * The database's versions: files of sql/migrate/ in the order of their names, each applied once and
 * recorded with the sum of its text.
 */
#ifndef FRONTROW_STORE_MIGRATIONS_H
#define FRONTROW_STORE_MIGRATIONS_H

#include <stdbool.h>

#include "base/call.h"

struct migration {
    const char *name;
    bool applied;
    bool changed; /* applied, but with another text than this program's */
};

/* Wait until nobody else migrates this database; held until the link ends. DONE or UNAVAILABLE. */
enum outcome migrations_lock(struct call *call);

/* What is applied and what is not, on call->mem, in order. DONE or UNAVAILABLE. Writes nothing. */
enum outcome migrations_list(struct call *call, struct migration **migrations, size_t *count);

/*
 * Apply one and record it. DONE or UNAVAILABLE. Neither MySQL nor MariaDB can undo a CREATE TABLE, so
 * every statement is one that can be run again, and what was interrupted is simply applied again.
 */
enum outcome migrations_apply(struct call *call, const char *name);

#endif
