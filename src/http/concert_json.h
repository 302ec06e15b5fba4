/* How a concert is written, for fans and for operators alike. */
#ifndef FRONTROW_HTTP_CONCERT_JSON_H
#define FRONTROW_HTTP_CONCERT_JSON_H

#include "base/text.h"
#include "domain/concert.h"

/* The members that every fan sees, without braces. */
void put_concert(struct text *body, const struct call *call, const struct concert *concert);

/* "grades":[…] */
void put_grades(struct text *body, const struct plan *plan);

/* "limits":{…}: how many seats, and for how long. */
void put_limits(struct text *body, const struct concert *concert);

/* "next_cursor" and the end of a list of limit, of which one more was asked for: null when that one is not there. */
void put_next_cursor(struct text *body, const struct concert *concerts, size_t count, size_t limit);

/* The members that operators see besides. */
void put_policy(struct text *body, const struct concert *concert);

#endif
