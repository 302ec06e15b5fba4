/*
 * Real MariaDB and Redis for a test: the runner started them and says where they are
 * (FRONTROW_TEST_MYSQL_SOCKET, FRONTROW_TEST_REDIS_SOCKET). Each test program gets a database of its
 * own and an empty Redis, and afterwards sql/check/invariants.sql must find nothing.
 */
#ifndef FRONTROW_TESTS_FIXTURE_H
#define FRONTROW_TESTS_FIXTURE_H

/* cmocka.h wants these first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/call.h"
#include "domain/admission.h"
#include "store/store.h"

struct fixture {
    void *mem;
    struct config *config;
    struct store_shared *shared;
    struct store *store;
};

/* cmocka group fixtures: make and drop the database `frontrow_test_<pid>`; *state is a struct fixture. */
int fixture_start(void **state);
int fixture_stop(void **state);

/* cmocka test fixtures: empty tables and Redis before; invariants after. */
int fixture_clean(void **state);
int fixture_check(void **state);

/* A call by this account at the present moment, on the fixture's store; memory goes at fixture_check(). */
struct call fixture_call(struct fixture *fixture, uint64_t account_id);

/* A store of its own, for another thread. */
struct store *fixture_store(struct fixture *fixture);

/* An account with these points, and its opening entry. */
uint64_t fixture_account(struct fixture *fixture, int64_t points);

/* A concert with one grade (price) and one section of rows x seats_per_row; opens at once, capacity as given. */
uint64_t fixture_concert(struct fixture *fixture, uint32_t rows, uint32_t seats_per_row, int64_t price,
                         int64_t capacity);

/* A gate and its upkeep over one store, one after the other in one thread. Lives as long as mem. */
struct whole_gate {
    struct upkeep *upkeep;
    struct gate *gate;
};
struct whole_gate whole_gate_new(const void *mem, struct store *store);
void whole_gate_round(const struct whole_gate *whole, int64_t now_ms);

/* Run SQL text and give the first column of the first row as a number; fails the test on an error. */
int64_t fixture_number(struct fixture *fixture, const char *sql);

/* Run one Redis command, words separated by spaces, and give the reply as a number (0 for nil). */
long long fixture_redis(struct fixture *fixture, const char *command);

#endif
