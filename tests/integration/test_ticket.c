/* Tickets at the door: each opens it once, whoever asks, and none that is not ours opens it at all. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "base/must.h"
#include "base/secret.h"
#include "domain/cancellation.h"
#include "domain/queue_ticket.h"
#include "domain/ticket.h"
#include "tests/integration/money.h"

enum { PRICE = 1000, DOORS = 8 };

struct sale {
    struct fixture *fixture;
    uint64_t concert;
    uint64_t fan;
    const char *number;
};

static void buy(struct fixture *fixture, uint64_t concert, uint64_t fan, uint32_t seat, const char *key)
{
    struct call call = money_call(fixture, fan, key, key);

    money_enter(&call, concert);
    money_hold(&call, concert, seat);
    assert_int_equal(money_pay(&call, concert, seat, NULL), OUTCOME_DONE);
}

static struct sale a_seat_is_sold(void **state)
{
    struct sale sale = {.fixture = *state};
    struct call call = fixture_call(sale.fixture, 0);

    sale.concert = fixture_concert(sale.fixture, 1, 10, PRICE, 10);
    sale.fan = fixture_account(sale.fixture, 10 * PRICE);
    sale.number = money_number(&call, sale.concert, 1);
    buy(sale.fixture, sale.concert, sale.fan, 1, "pay");
    return sale;
}

static enum outcome make(const struct sale *sale, uint64_t account_id, const char **ticket)
{
    struct call call = fixture_call(sale->fixture, account_id);

    return ticket_make(&call, sale->number, ticket);
}

static const char *ticket_of(const struct sale *sale)
{
    const char *ticket;

    assert_int_equal(make(sale, sale->fan, &ticket), OUTCOME_DONE);
    return ticket;
}

static struct ticket_check show(const struct sale *sale, const char *ticket, uint64_t concert)
{
    struct call call = fixture_call(sale->fixture, 0);
    struct ticket_check check;

    assert_int_equal(ticket_use(&call, ticket, concert, &check), OUTCOME_DONE);
    return check;
}

static enum outcome cancel(const struct sale *sale, const char *key)
{
    struct call call = money_call(sale->fixture, sale->fan, key, key);
    const char *answer;

    return cancellation_make(&call, sale->number, &answer);
}

static void a_ticket_opens_the_door_once(void **state)
{
    struct sale sale = a_seat_is_sold(state);
    const char *ticket = ticket_of(&sale);
    struct ticket_check first = show(&sale, ticket, 0);
    struct ticket_check second = show(&sale, ticket, sale.concert);

    assert_int_equal(first.verdict, TICKET_VALID);
    assert_string_equal(first.reservation.reservation_number, sale.number);
    assert_true(first.reservation.used_ms > 0);
    assert_int_equal(second.verdict, TICKET_USED);
    assert_int_equal(second.reservation.used_ms, first.reservation.used_ms);
    assert_string_equal(second.reservation.plan->title, "TestConcert");
    assert_string_equal(ticket_of(&sale), ticket);
}

static void only_its_owner_has_the_ticket(void **state)
{
    struct sale sale = a_seat_is_sold(state);
    const char *ticket;

    assert_int_equal(make(&sale, fixture_account(sale.fixture, 0), &ticket), OUTCOME_NOT_FOUND);
    sale.number = "no number";
    assert_int_equal(make(&sale, sale.fan, &ticket), OUTCOME_NOT_FOUND);
}

struct doors {
    const char *ticket;
    struct ticket_check check[DOORS];
    enum outcome outcome[DOORS];
};

static void ask(struct call *call, size_t index, void *args)
{
    struct doors *doors = args;

    doors->outcome[index] = ticket_use(call, doors->ticket, 0, &doors->check[index]);
}

static void of_many_doors_at_once_one_opens(void **state)
{
    struct sale sale = a_seat_is_sold(state);
    struct doors doors = {.ticket = ticket_of(&sale)};
    size_t opened = 0;

    money_crowd(sale.fixture->shared, DOORS, ask, &doors);
    for (size_t i = 0; i < DOORS; i++) {
        assert_int_equal(doors.outcome[i], OUTCOME_DONE);
        opened += doors.check[i].verdict == TICKET_VALID;
        assert_true(doors.check[i].verdict == TICKET_VALID || doors.check[i].verdict == TICKET_USED);
        assert_true(doors.check[i].reservation.used_ms == doors.check[0].reservation.used_ms);
    }
    assert_int_equal(opened, 1);
}

static void a_cancelled_one_has_no_ticket_and_its_old_one_is_void(void **state)
{
    struct sale sale = a_seat_is_sold(state);
    const char *old = ticket_of(&sale);
    const char *none;

    assert_int_equal(cancel(&sale, "cancel"), OUTCOME_DONE);
    assert_int_equal(make(&sale, sale.fan, &none), OUTCOME_CANCELLED);
    assert_int_equal(show(&sale, old, 0).verdict, TICKET_CANCELLED);

    buy(sale.fixture, sale.concert, fixture_account(sale.fixture, PRICE), 1, "again");
    assert_int_equal(show(&sale, old, 0).verdict, TICKET_CANCELLED);
    assert_int_equal(fixture_number(sale.fixture, "SELECT COUNT(*) FROM reservation WHERE used_at IS NOT NULL"), 0);
}

static void a_used_one_cannot_be_cancelled(void **state)
{
    struct sale sale = a_seat_is_sold(state);

    assert_int_equal(show(&sale, ticket_of(&sale), 0).verdict, TICKET_VALID);
    assert_int_equal(cancel(&sale, "cancel"), OUTCOME_TOO_LATE);
    assert_int_equal(money_points(sale.fixture, sale.fan), 9 * PRICE);
}

struct race {
    const struct sale *sale;
    const char *ticket;
    struct ticket_check check;
    enum outcome used;
    enum outcome cancelled;
};

static void use_or_cancel(struct call *call, size_t index, void *args)
{
    struct race *race = args;
    const char *answer;

    if (index == 0) {
        race->used = ticket_use(call, race->ticket, 0, &race->check);
        return;
    }
    money_become(call, race->sale->fan, race->ticket, "cancel");
    race->cancelled = cancellation_make(call, race->sale->number, &answer);
}

/* Whoever is inside has paid. */
static void of_using_and_cancelling_at_once_one_wins(void **state)
{
    struct sale sale = a_seat_is_sold(state);

    for (uint32_t seat = 1; seat <= 10; seat++) {
        struct call call = fixture_call(sale.fixture, 0);
        char key[16];
        snprintf(key, sizeof(key), "pay-%" PRIu32, seat);
        sale.number = money_number(&call, sale.concert, seat);
        if (seat > 1)
            buy(sale.fixture, sale.concert, sale.fan, seat, key);
        struct race race = {.sale = &sale, .ticket = ticket_of(&sale)};
        money_crowd(sale.fixture->shared, 2, use_or_cancel, &race);
        assert_int_equal(race.used, OUTCOME_DONE);
        bool inside = race.check.verdict == TICKET_VALID;
        assert_true(inside || race.check.verdict == TICKET_CANCELLED);
        assert_int_equal(race.cancelled, inside ? OUTCOME_TOO_LATE : OUTCOME_DONE);
    }
}

static void a_ticket_for_another_concert_stays_unused(void **state)
{
    struct sale sale = a_seat_is_sold(state);
    uint64_t other = fixture_concert(sale.fixture, 1, 1, PRICE, 1);
    struct ticket_check check = show(&sale, ticket_of(&sale), other);

    assert_int_equal(check.verdict, TICKET_ELSEWHERE);
    assert_int_equal(check.reservation.plan->concert_id, sale.concert);
    assert_int_equal(show(&sale, ticket_of(&sale), sale.concert).verdict, TICKET_VALID);
}

static void what_is_not_ours_is_unknown(void **state)
{
    struct sale sale = a_seat_is_sold(state);
    struct call call = fixture_call(sale.fixture, sale.fan);
    const char *ticket = ticket_of(&sale);
    uint8_t bytes[8] = {0, 0, 0, 0, 0, 0, 0, 1};

    for (size_t i = 0; ticket[i] != '\0'; i++) {
        char *forged = must(talloc_strdup(call.mem, ticket));
        forged[i] = forged[i] == 'A' ? 'B' : 'A';
        assert_int_equal(show(&sale, forged, 0).verdict, TICKET_UNKNOWN);
    }
    const char *const others[] = {
        "",
        "x",
        sale.number,
        queue_ticket_seal(&call, sale.concert, (struct queue_ticket){.number = 1}),
        secret_seal(call.mem, call.store->keys, "token", bytes, sizeof(bytes)),
        secret_seal(call.mem, call.store->keys, "ticket", bytes, sizeof(bytes)),
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_int_equal(show(&sale, others[i], 0).verdict, TICKET_UNKNOWN);
    memset(bytes, 0x7f, sizeof(bytes));
    assert_int_equal(show(&sale, secret_seal(call.mem, call.store->keys, "entrance", bytes, sizeof(bytes)), 0).verdict,
                     TICKET_UNKNOWN);
}

/* Keys as after a new first line was put before the old ones. */
static const struct secret_keys *rotated(struct fixture *fixture, const char *new_line, const char *old_path)
{
    const char *path = must(talloc_asprintf(fixture->mem, "%s.rotated", old_path));
    char line[256] = "";
    FILE *old = fopen(old_path, "re");
    FILE *file = fopen(path, "we");

    assert_non_null(old);
    assert_non_null(file);
    fputs(new_line, file);
    while (fgets(line, sizeof(line), old) != NULL)
        fputs(line, file);
    fclose(old);
    fclose(file);
    const struct secret_keys *keys = secret_keys_read(fixture->mem, path);
    unlink(path);
    assert_non_null(keys);
    return keys;
}

static void a_new_secret_leaves_old_tickets_valid(void **state)
{
    struct sale sale = a_seat_is_sold(state);
    struct call call = fixture_call(sale.fixture, 0);
    const char *before = ticket_of(&sale);
    struct store store = *sale.fixture->store;
    struct ticket_check check;

    store.keys = rotated(sale.fixture, secret_keys_line(call.mem), sale.fixture->config->secret_file);
    call.store = &store;
    struct call owner = call;
    owner.account_id = sale.fan;
    const char *after;
    assert_int_equal(ticket_make(&owner, sale.number, &after), OUTCOME_DONE);
    assert_string_not_equal(before, after);
    assert_int_equal(ticket_use(&call, before, 0, &check), OUTCOME_DONE);
    assert_int_equal(check.verdict, TICKET_VALID);
    assert_int_equal(ticket_use(&call, after, 0, &check), OUTCOME_DONE);
    assert_int_equal(check.verdict, TICKET_USED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_clean, fixture_check)
        TEST(a_ticket_opens_the_door_once),
        TEST(only_its_owner_has_the_ticket),
        TEST(of_many_doors_at_once_one_opens),
        TEST(a_cancelled_one_has_no_ticket_and_its_old_one_is_void),
        TEST(a_used_one_cannot_be_cancelled),
        TEST(of_using_and_cancelling_at_once_one_wins),
        TEST(a_ticket_for_another_concert_stays_unused),
        TEST(what_is_not_ours_is_unknown),
        TEST(a_new_secret_leaves_old_tickets_valid),
    };

    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
