/*
 * Places where a test build dies, stands still or fails on demand; in any other build they are nothing.
 *
 * ./configure --enable-fail-points compiles them in. The file that FRONTROW_FAIL_POINTS names is read whenever one is
 * reached, so it may change while programs run. Each of its lines says: NAME die|hang|fail MILLISECONDS PROBABILITY. A
 * name may end in * for all that begin like it.
 */
#ifndef FRONTROW_BASE_FAIL_POINT_H
#define FRONTROW_BASE_FAIL_POINT_H

#include <stdbool.h>

#ifdef FAIL_POINTS
/* True when what comes next is to be taken for failed. */
bool fail_point(const char *name);
#else
static inline bool fail_point(const char *name)
{
    (void)name;
    return false;
}
#endif

#endif
