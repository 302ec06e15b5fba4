/*
 * Concerts: what fans see of them, and what operators make and change.
 */
#ifndef FRONTROW_DOMAIN_CONCERT_H
#define FRONTROW_DOMAIN_CONCERT_H

#include "base/call.h"
#include "store/concerts.h"

/* One concert, a page of them, or the plan alone. DONE, NOT_FOUND or UNAVAILABLE. */
enum outcome concert_read(struct call *call, uint64_t concert_id, struct concert *concert);
enum outcome concert_list(struct call *call, uint64_t before, size_t limit, struct concert **concerts, size_t *count);
enum outcome concert_plan(struct call *call, uint64_t concert_id, const struct plan **plan);

/* What a concert's policy is unless its operator says otherwise. */
extern const struct policy concert_policy_defaults;

/* Where one of its seats is. */
struct seat_place concert_seat(const struct plan *plan, uint32_t seat);

/* What fans call its state: pre, open, paused, closed or sold_out. A draining queue is closed to newcomers. */
const char *concert_state(const struct call *call, const struct concert *concert);

/*
 * Create a concert. The plan's date, seats_total and first seats are worked out here.
 *
 * Ends DONE with *concert_id; BAD_VALUE naming the field (unknown zone, a section of an unknown
 * grade, a name twice, too many seats); UNAVAILABLE. Not safe to repeat: a second one is made.
 */
enum outcome concert_create(struct call *call, struct plan *plan, const struct policy *policy, uint64_t *concert_id);

/*
 * Change parts of the policy; Redis knows at once. DONE with the concert as it is then, BAD_VALUE,
 * NOT_FOUND or UNAVAILABLE: then MySQL may know already, and saying it again is safe.
 */
enum outcome concert_change(struct call *call, uint64_t concert_id, unsigned parts, const struct policy *policy,
                            struct concert *concert);

/* pause, resume, drain or close its queue. DONE, NOT_FOUND (also for another verb) or UNAVAILABLE. Safe to repeat. */
enum outcome concert_steer(struct call *call, uint64_t concert_id, const char *verb, struct concert *concert);

#endif
