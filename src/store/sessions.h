/*
 * Sessions that were signed out before their end. MySQL keeps them; Redis answers for them, once for
 * all routes (revoked:{all}) and once beside every concert, so that one script can decide.
 */
#ifndef FRONTROW_STORE_SESSIONS_H
#define FRONTROW_STORE_SESSIONS_H

#include <stddef.h>
#include <stdint.h>

#include "base/call.h"

/*
 * Sign the caller's session out: in MySQL first, then beside every running concert, and at last for
 * all routes, so that a call that failed halfway can be made again. DONE or UNAVAILABLE.
 */
enum outcome sessions_revoke(struct call *call);

/*
 * Is the caller's session good? Brings the set back from MySQL when Redis has lost it.
 * DONE, NOT_SIGNED_IN or UNAVAILABLE.
 */
enum outcome sessions_check(struct call *call);

/*
 * Bring the set of this name (revoked:{c…}) back from MySQL: all that were signed out and have not
 * ended by themselves. A set that Redis loses again on the way is UNAVAILABLE; one that is there for
 * certain has the member "whole". DONE or UNAVAILABLE. Safe to repeat and to race.
 */
enum outcome sessions_load_revoked(struct call *call, const char *key);

#endif
