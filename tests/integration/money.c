#include "tests/integration/money.h"

#include <inttypes.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "base/secret.h"
#include "domain/payment.h"
#include "domain/reservation_number.h"
#include "store/concerts.h"
#include "store/queues.h"
#include "store/seat_holds.h"

struct call money_call(struct fixture *fixture, uint64_t account_id, const char *key, const char *what)
{
    struct call call = fixture_call(fixture, account_id);

    call.idempotency_key = key;
    secret_fingerprint(what, strlen(what), call.fingerprint, sizeof(call.fingerprint));
    return call;
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
