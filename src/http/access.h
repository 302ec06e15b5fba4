/* Who is calling, and may they? */
#ifndef FRONTROW_HTTP_ACCESS_H
#define FRONTROW_HTTP_ACCESS_H

#include <fcgiapp.h>

#include "http/route.h"

/*
 * Find the caller's token (Authorization: Bearer, else the session cookie), fill in who that is and
 * hold it against the row. DONE, NOT_SIGNED_IN, NOT_ALLOWED, CROSS_SITE or UNAVAILABLE.
 */
enum outcome access_check(struct request *request, const struct route *route, char **parameters);

#endif
