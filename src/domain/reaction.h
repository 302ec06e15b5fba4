/*
 * What each consumer group does when it hears of an event.
 *
 * Events arrive late, twice, or again after days when an operator replays them. So an effect in
 * Redis is not drawn from the event alone: it first asks MySQL what is true now, and it compares
 * the owner before it takes anything away. An effect in MySQL is part of the transaction that
 * writes the inbox row, so it happens once.
 */
#ifndef FRONTROW_DOMAIN_REACTION_H
#define FRONTROW_DOMAIN_REACTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/call.h"
#include "base/event.h"
#include "store/transaction.h"

enum reaction {
#define REACTION(name, group) REACTION_##name,
#include "domain/reaction.def"
#undef REACTION
    REACTIONS
};

/* The name of its consumer group. */
const char *reaction_group(enum reaction reaction);

/*
 * Can this event be understood? DONE; NOT_FOUND when its type is none of ours, which is no reason to
 * worry: there is nothing to do; BAD_VALUE when its payload is not what its type promises.
 */
enum outcome reaction_check(struct call *call, const struct event *event);

/*
 * payment-queue: a fan who has paid needs the place among the active no longer.
 * DONE or UNAVAILABLE. Safe to repeat. The event was checked.
 */
enum outcome reaction_queue(struct call *call, const struct event *event);

/*
 * payment-reservation: sold seats are shown as sold and their holds end; cancelled ones are on sale
 * again. DONE or UNAVAILABLE. Safe to repeat. The event was checked.
 */
enum outcome reaction_reservation(struct call *call, const struct event *event);

/*
 * Of several events, those for which payment-queue and payment-reservation have something to do. The
 * web worker tells Redis right after its commit, so mostly there is nothing, and one question to Redis
 * for all of them is cheaper than asking MySQL about each. What cannot be told counts as left.
 */
void reaction_left(struct call *call, const struct event *const *events, size_t count, bool *left);

/*
 * payment-count: how many seats of each concert are sold. Inside the transaction of the inbox rows. The
 * events were checked.
 */
enum tx reaction_count(struct call *call, const struct event *const *events, size_t count);

#endif
