/*
 * Time. Rules never look here: they take call->now_ms, which was read once.
 */
#ifndef FRONTROW_BASE_CLOCK_H
#define FRONTROW_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum { CLOCK_TEXT_SIZE = 32, CLOCK_DATE_SIZE = 9 };

/* Milliseconds since 1970, UTC. */
int64_t clock_now_ms(void);

/* Nanoseconds on a clock that never steps; only differences mean something. */
int64_t clock_steady_ns(void);

/* RFC 3339, UTC, milliseconds: 2027-03-01T10:00:00.000Z. */
void clock_to_text(int64_t unix_ms, char text[CLOCK_TEXT_SIZE]);

/*
 * Read RFC 3339 with any offset and at most nine digits of a second. False when it is not that,
 * not a real date, or outside 1970 to 9999.
 */
bool clock_from_text(const char *text, int64_t *unix_ms);

/*
 * The date (YYYYMMDD) at a place in the IANA time zone database at that moment.
 * False when the zone is not known here.
 */
bool clock_date_at(const char *zone, int64_t unix_ms, char date[CLOCK_DATE_SIZE]);

#endif
