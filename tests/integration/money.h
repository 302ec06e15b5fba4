/* What tests about money share: a fan inside a concert's sale, and requests with their keys. */
#ifndef FRONTROW_TESTS_MONEY_H
#define FRONTROW_TESTS_MONEY_H

#include <stdbool.h>

#include "tests/integration/fixture.h"

/* A call with this Idempotency-Key whose request body is what; memory is the fixture's. */
struct call money_call(struct fixture *fixture, uint64_t account_id, const char *key, const char *what);

/* Bring the caller into the concert's sale: join, be admitted, go in. */
void money_enter(struct call *call, uint64_t concert_id);

/* Hold one seat. */
void money_hold(struct call *call, uint64_t concert_id, uint32_t seat);

/* The number of a seat. */
const char *money_number(struct call *call, uint64_t concert_id, uint32_t seat);

/* Pay for one seat under the call's key. *answer may be NULL. */
enum outcome money_pay(struct call *call, uint64_t concert_id, uint32_t seat, const char **answer);

/*
 * Let count threads act at the same moment, each on a store of its own. A call by nobody, whose
 * memory goes with the thread; cmocka's assertions belong to the main thread, so act() keeps what it
 * saw in args.
 */
void money_crowd(struct store_shared *shared, size_t count, void (*act)(struct call *call, size_t index, void *args),
                 void *args);

/* Make the call one of this account with this Idempotency-Key and body. */
void money_become(struct call *call, uint64_t account_id, const char *key, const char *what);

/* Would the same request, sent again with its key, get further? */
bool money_passes(enum outcome outcome);

/* What MySQL says the points of an account are. */
int64_t money_points(struct fixture *fixture, uint64_t account_id);

#endif
