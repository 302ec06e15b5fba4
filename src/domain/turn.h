/* Whose turn it is, for work that is done now and then. */
#ifndef FRONTROW_DOMAIN_TURN_H
#define FRONTROW_DOMAIN_TURN_H

#include <stdbool.h>
#include <stdint.h>

/* Is it time again? Then now is noted. A clock that was set back makes everything due, rather than nothing for long. */
static inline bool turn_is_due(int64_t *last_ms, int64_t period_ms, int64_t now_ms)
{
    bool due = now_ms >= *last_ms + period_ms || now_ms < *last_ms;

    if (due)
        *last_ms = now_ms;
    return due;
}

#endif
