/*
 * Redis may lose everything at any moment. This brings one concert back from MySQL: its policy,
 * which seats are sold, which sessions are dead, and a fresh block of queue numbers above all
 * that were ever handed out.
 */
#ifndef FRONTROW_STORE_CONCERT_WARM_UP_H
#define FRONTROW_STORE_CONCERT_WARM_UP_H

#include "base/call.h"

/* Bring a concert into Redis unless it is there. DONE, NOT_FOUND or UNAVAILABLE. Safe to repeat and to race. */
enum outcome concert_warm_up(struct call *call, uint64_t concert_id);

/* Copy the policy from MySQL over the one in Redis, after it was changed. DONE, NOT_FOUND or UNAVAILABLE. */
enum outcome concert_refresh(struct call *call, uint64_t concert_id);

/*
 * Make what Redis knows of a concert that of MySQL: policy, signed-out sessions, sold seats. Seats
 * that change meanwhile are left to the next sync. DONE, NOT_FOUND or UNAVAILABLE.
 */
enum outcome concert_sync(struct call *call, uint64_t concert_id);

/* Reserve more queue numbers in MySQL and let Redis hand them out. DONE, NOT_FOUND or UNAVAILABLE. */
enum outcome concert_more_numbers(struct call *call, uint64_t concert_id);

#endif
