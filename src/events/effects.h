/*
 * What a group does outside MySQL, tried for several events at once.
 */
#ifndef FRONTROW_EVENTS_EFFECTS_H
#define FRONTROW_EVENTS_EFFECTS_H

#include <stddef.h>

#include "base/call.h"
#include "domain/reaction.h"
#include "events/settle.h"
#include "store/store.h"

struct effects;

/* One a thread. */
struct effects *effects_new(const void *mem, enum reaction reaction, const struct store_shared *shared);

/* How many events it makes sense to try at once. */
size_t effects_at_once(const struct effects *effects);

/*
 * After some failures in a row the other side is left alone for a while: until then (0: now) events
 * are better put off than tried.
 */
int64_t effects_rest_until_ms(const struct effects *effects, int64_t now_ms);

/*
 * Try the items whose verdict is TRY, at most effects_at_once() of them and one of each aggregate; each
 * is then EFFECT, RETRY or DEAD. UNAVAILABLE when MySQL or Redis is away: then every event would fail,
 * so none is to blame, and those that could not be tried stay as they are.
 */
enum outcome effects_try(struct effects *effects, struct call *call, struct item *items, size_t count);

/* An attempt has failed, for this reason: RETRY, later each time, or DEAD after events.attempts_max. */
void effects_failed(struct effects *effects, struct call *call, struct item *item, const char *error);

#endif
