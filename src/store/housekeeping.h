/* Forgetting what nobody can ask for any more, a few rows at a time so that nobody waits for it. */
#ifndef FRONTROW_STORE_HOUSEKEEPING_H
#define FRONTROW_STORE_HOUSEKEEPING_H

#include <stdbool.h>

#include "base/call.h"

/*
 * Delete a batch each of old idempotency rows (25 hours: clients may repeat for 24), inbox rows
 * (8 days: a bus keeps events for 7) and sign-outs of sessions that have ended. *more says that some
 * are left. DONE or UNAVAILABLE.
 */
enum outcome housekeeping_step(struct call *call, bool *more);

#endif
