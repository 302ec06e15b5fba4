#include "tests/integration/money.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/secret.h"
#include "domain/payment.h"
#include "domain/reservation_number.h"
#include "store/concerts.h"
#include "store/mysql.h"
#include "store/queues.h"
#include "store/seat_holds.h"

struct call money_call(struct fixture *fixture, uint64_t account_id, const char *key, const char *what)
{
    struct call call = fixture_call(fixture, account_id);

    money_become(&call, account_id, key, what);
    return call;
}

void money_become(struct call *call, uint64_t account_id, const char *key, const char *what)
{
    call->account_id = account_id;
    call->role = ROLE_FAN;
    call->idempotency_key = key;
    secret_fingerprint(what, strlen(what), call->fingerprint, sizeof(call->fingerprint));
}

bool money_passes(enum outcome outcome)
{
    return outcome == OUTCOME_BUSY || outcome == OUTCOME_KEY_RUNNING || outcome == OUTCOME_TOO_MANY_REQUESTS ||
           outcome == OUTCOME_UNAVAILABLE;
}

struct crowd {
    struct store_shared *shared;
    pthread_barrier_t start;
    void (*act)(struct call *call, size_t index, void *args);
    void *args;
};

struct member {
    struct crowd *crowd;
    size_t index;
    pthread_t thread;
};

static void *member_main(void *args)
{
    struct member *member = args;
    void *mem = must(talloc_new(NULL));
    struct call call = {.mem = mem,
                        .store = store_new(mem, member->crowd->shared),
                        .request_id = "crowd",
                        .client_address = "127.0.0.1"};

    pthread_barrier_wait(&member->crowd->start);
    call.now_ms = clock_now_ms();
    member->crowd->act(&call, member->index, member->crowd->args);
    talloc_free(mem);
    mysql_thread_stop();
    return NULL;
}

void money_crowd(struct store_shared *shared, size_t count, void (*act)(struct call *call, size_t index, void *args),
                 void *args)
{
    struct crowd crowd = {.shared = shared, .act = act, .args = args};
    struct member *members = must(calloc(count, sizeof(*members)));

    pthread_barrier_init(&crowd.start, NULL, (unsigned)count);
    for (size_t i = 0; i < count; i++) {
        members[i].crowd = &crowd;
        members[i].index = i;
        pthread_create(&members[i].thread, NULL, member_main, &members[i]);
    }
    for (size_t i = 0; i < count; i++)
        pthread_join(members[i].thread, NULL);
    pthread_barrier_destroy(&crowd.start);
    free(members);
}

void money_enter(struct call *call, uint64_t concert_id)
{
    struct place place;
    struct queue_step step;

    assert_int_equal(queues_join(call, concert_id, 0, &place), OUTCOME_DONE);
    for (int tries = 0; place.state == PLACE_WAITING && tries < 50; tries++) {
        assert_int_equal(queues_admit(call, concert_id, 200, &step), OUTCOME_DONE);
        assert_int_equal(queues_find(call, concert_id, &place), OUTCOME_DONE);
    }
    assert_int_equal(queues_join(call, concert_id, 0, &place), OUTCOME_DONE);
    assert_int_equal(place.state, PLACE_ACTIVE);
}

void money_hold(struct call *call, uint64_t concert_id, uint32_t seat)
{
    struct seat_holds holds;

    assert_int_equal(seat_holds_place(call, concert_id, &seat, 1, 1, &holds), OUTCOME_DONE);
}

const char *money_number(struct call *call, uint64_t concert_id, uint32_t seat)
{
    const struct plan *plan;

    assert_int_equal(concerts_plan(call, concert_id, &plan), OUTCOME_DONE);
    return reservation_number_text(call->mem, plan->date, concert_id, seat);
}

enum outcome money_pay(struct call *call, uint64_t concert_id, uint32_t seat, const char **answer)
{
    const char *number = money_number(call, concert_id, seat);
    const char *receipt = NULL;
    enum outcome outcome = payment_make(call, &number, 1, &receipt);

    if (answer != NULL)
        *answer = receipt;
    return outcome;
}

int64_t money_points(struct fixture *fixture, uint64_t account_id)
{
    return fixture_number(
        fixture,
        must(talloc_asprintf(fixture->mem, "SELECT points FROM account WHERE account_id = %" PRIu64, account_id)));
}
