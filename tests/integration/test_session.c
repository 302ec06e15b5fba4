/* Accounts, sign-in and sign-out against a real database and a real Redis. */
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "domain/account.h"
#include "domain/session.h"
#include "store/mysql.h"
#include "store/queues.h"
#include "tests/integration/fixture.h"

static struct account sign_up(struct fixture *fixture, const char *email, const char *password)
{
    struct call call = fixture_call(fixture, 0);
    struct account account;

    assert_int_equal(account_sign_up(&call, email, password, "Fan", &account), OUTCOME_DONE);
    return account;
}

static enum outcome sign_in(struct fixture *fixture, const char *address, const char *email, const char *password,
                            struct session *session)
{
    struct call call = fixture_call(fixture, 0);

    call.client_address = address;
    return session_open(&call, email, password, session);
}

/* A call by whoever holds the token. */
static struct call call_with(struct fixture *fixture, const struct session *session)
{
    struct call call = fixture_call(fixture, 0);

    assert_true(session_from_token(&call, session->token));
    return call;
}

static void a_fan_signs_up_and_signs_in(void **state)
{
    struct fixture *fixture = *state;
    struct account account = sign_up(fixture, "Fan.One@Demo.Test", "correct horse");
    struct session session;
    struct account own;

    assert_string_equal(account.email, "fan.one@demo.test");
    assert_int_equal(sign_in(fixture, "10.0.0.1", "FAN.one@demo.test", "correct horse", &session), OUTCOME_DONE);
    struct call call = call_with(fixture, &session);
    assert_int_equal(call.account_id, account.account_id);
    assert_int_equal(call.role, ROLE_FAN);
    assert_int_equal(session_check_live(&call), OUTCOME_DONE);
    assert_int_equal(account_read(&call, &own), OUTCOME_DONE);
    assert_int_equal(own.points, 0);
    assert_string_equal(own.name, "Fan");
}

static void an_email_opens_one_account(void **state)
{
    struct fixture *fixture = *state;
    struct call call = fixture_call(fixture, 0);
    struct account account;

    sign_up(fixture, "a@b", "password-1");
    assert_int_equal(account_sign_up(&call, "A@B", "password-2", "Other", &account), OUTCOME_EMAIL_TAKEN);
}

static void points_to_begin_with_are_in_the_ledger(void **state)
{
    struct fixture *fixture = *state;
    struct call call = fixture_call(fixture, 0);
    struct account account = {
        .email = "rich@demo.test", .name = "R", .password_hash = "-", .role = ROLE_OPERATOR, .points = 1000000};

    assert_int_equal(account_open(&call, &account), OUTCOME_DONE);
    assert_int_equal(fixture_number(fixture, "SELECT delta FROM point_entry WHERE reason = 'opening'"), 1000000);
}

static void a_wrong_password_and_an_unknown_email_look_the_same(void **state)
{
    struct fixture *fixture = *state;
    struct session session;

    sign_up(fixture, "a@b", "password-1");
    assert_int_equal(sign_in(fixture, "10.0.0.1", "a@b", "password-2", &session), OUTCOME_WRONG_CREDENTIALS);
    assert_int_equal(sign_in(fixture, "10.0.0.1", "no@b", "password-2", &session), OUTCOME_WRONG_CREDENTIALS);
    assert_int_equal(sign_in(fixture, "10.0.0.1", "no email", "password-2", &session), OUTCOME_WRONG_CREDENTIALS);
    assert_int_equal(sign_in(fixture, "10.0.0.1", "a' OR '1'='1", "x", &session), OUTCOME_WRONG_CREDENTIALS);
}

static void guessing_is_slowed_for_one_account_from_anywhere(void **state)
{
    struct fixture *fixture = *state;
    struct session session;

    fixture->config->sign_in_failures_per_account = 3;
    sign_up(fixture, "a@b", "password-1");
    sign_up(fixture, "c@d", "password-1");
    assert_int_equal(sign_in(fixture, "10.0.0.1", "a@b", "wrong", &session), OUTCOME_WRONG_CREDENTIALS);
    assert_int_equal(sign_in(fixture, "10.0.0.2", "A@B", "wrong", &session), OUTCOME_WRONG_CREDENTIALS);
    assert_int_equal(sign_in(fixture, "10.0.0.3", "a@b", "wrong", &session), OUTCOME_WRONG_CREDENTIALS);
    struct call call = fixture_call(fixture, 0);
    assert_int_equal(session_open(&call, "a@b", "password-1", &session), OUTCOME_TOO_MANY_REQUESTS);
    assert_true(call.refusal.retry_after_ms > 0 && call.refusal.retry_after_ms <= 900000);
    assert_int_equal(sign_in(fixture, "10.0.0.1", "c@d", "password-1", &session), OUTCOME_DONE);
    fixture->config->sign_in_failures_per_account = 100;
}

static void guessing_from_one_address_does_not_keep_the_owner_out(void **state)
{
    struct fixture *fixture = *state;
    struct session session;

    sign_up(fixture, "a@b", "password-1");
    for (int i = 0; i < 10; i++)
        assert_int_equal(sign_in(fixture, "10.0.0.1", "a@b", "wrong", &session), OUTCOME_WRONG_CREDENTIALS);
    assert_int_equal(sign_in(fixture, "10.0.0.1", "a@b", "password-1", &session), OUTCOME_TOO_MANY_REQUESTS);
    assert_int_equal(sign_in(fixture, "10.0.0.2", "a@b", "password-1", &session), OUTCOME_DONE);
}

static void guessing_is_slowed_for_one_address_and_its_network(void **state)
{
    struct fixture *fixture = *state;
    struct session session;

    fixture->config->sign_in_failures_per_address = 2;
    sign_up(fixture, "a@b", "password-1");
    assert_int_equal(sign_in(fixture, "2001:db8:1:2::1", "x@b", "wrong", &session), OUTCOME_WRONG_CREDENTIALS);
    assert_int_equal(sign_in(fixture, "2001:db8:1:2::2", "y@b", "wrong", &session), OUTCOME_WRONG_CREDENTIALS);
    assert_int_equal(sign_in(fixture, "2001:db8:1:2::3", "a@b", "password-1", &session), OUTCOME_TOO_MANY_REQUESTS);
    assert_int_equal(sign_in(fixture, "2001:db8:1:3::3", "a@b", "password-1", &session), OUTCOME_DONE);
    fixture->config->sign_in_failures_per_address = 50;
}

static void who_knows_the_password_may_sign_in_as_often_as_they_like(void **state)
{
    struct fixture *fixture = *state;
    struct session session;

    fixture->config->sign_in_failures_per_account = 2;
    sign_up(fixture, "a@b", "password-1");
    for (int i = 0; i < 4; i++)
        assert_int_equal(sign_in(fixture, "10.0.0.1", "a@b", "password-1", &session), OUTCOME_DONE);
    fixture->config->sign_in_failures_per_account = 100;
}

static void a_token_that_was_changed_or_has_ended_is_none(void **state)
{
    struct fixture *fixture = *state;
    struct session session;

    sign_up(fixture, "a@b", "password-1");
    assert_int_equal(sign_in(fixture, "10.0.0.1", "a@b", "password-1", &session), OUTCOME_DONE);
    struct call call = fixture_call(fixture, 0);
    for (size_t i = 0; i < strlen(session.token); i++) {
        char *forged = must(talloc_strdup(fixture->mem, session.token));
        forged[i] = forged[i] == 'A' ? 'B' : 'A';
        assert_false(session_from_token(&call, forged));
    }
    assert_false(session_from_token(&call, ""));
    assert_int_equal(call.account_id, 0);
    call.now_ms = session.ends_ms;
    assert_false(session_from_token(&call, session.token));
}

static void a_signed_out_session_is_dead_everywhere(void **state)
{
    struct fixture *fixture = *state;
    uint64_t concert = fixture_concert(fixture, 1, 10, 10, 10);
    struct session session;
    struct session other;
    struct place place;

    sign_up(fixture, "a@b", "password-1");
    assert_int_equal(sign_in(fixture, "10.0.0.1", "a@b", "password-1", &session), OUTCOME_DONE);
    assert_int_equal(sign_in(fixture, "10.0.0.1", "a@b", "password-1", &other), OUTCOME_DONE);
    struct call call = call_with(fixture, &session);
    assert_int_equal(queues_join(&call, concert, 0, &place), OUTCOME_DONE);
    assert_int_equal(session_close(&call), OUTCOME_DONE);
    assert_int_equal(session_check_live(&call), OUTCOME_NOT_SIGNED_IN);
    assert_int_equal(queues_find(&call, concert, &place), OUTCOME_NOT_SIGNED_IN);
    assert_int_equal(session_close(&call), OUTCOME_DONE);

    struct call live = call_with(fixture, &other);
    assert_int_equal(session_check_live(&live), OUTCOME_DONE);
    assert_int_equal(queues_find(&live, concert, &place), OUTCOME_DONE);
}

static void a_signed_out_session_stays_dead_when_redis_forgets(void **state)
{
    struct fixture *fixture = *state;
    uint64_t concert = fixture_concert(fixture, 1, 10, 10, 10);
    struct session session;
    struct place place;

    sign_up(fixture, "a@b", "password-1");
    assert_int_equal(sign_in(fixture, "10.0.0.1", "a@b", "password-1", &session), OUTCOME_DONE);
    struct call call = call_with(fixture, &session);
    assert_int_equal(session_close(&call), OUTCOME_DONE);
    fixture_redis(fixture, "FLUSHALL");
    assert_int_equal(session_check_live(&call), OUTCOME_NOT_SIGNED_IN);
    assert_int_equal(queues_find(&call, concert, &place), OUTCOME_NOT_SIGNED_IN);
}

static void many_sign_outs_come_back_in_steps(void **state)
{
    struct fixture *fixture = *state;
    struct session session;

    for (int i = 1; i <= 250; i++) {
        const char *sql = must(talloc_asprintf(fixture->mem,
                                               "INSERT INTO revoked_session VALUES (UNHEX(LPAD(HEX(%d), 32, '0')), 1, "
                                               "UTC_TIMESTAMP(3) + INTERVAL 1 DAY)",
                                               i));
        assert_int_equal(sql_run(fixture->store->mysql, fixture->mem, sql, NULL), 0);
    }
    sign_up(fixture, "a@b", "password-1");
    assert_int_equal(sign_in(fixture, "10.0.0.1", "a@b", "password-1", &session), OUTCOME_DONE);
    struct call call = call_with(fixture, &session);
    assert_int_equal(session_check_live(&call), OUTCOME_DONE);
    assert_int_equal(fixture_redis(fixture, "ZCARD revoked:{all}"), 251);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_clean, fixture_check)
        TEST(a_fan_signs_up_and_signs_in),
        TEST(an_email_opens_one_account),
        TEST(points_to_begin_with_are_in_the_ledger),
        TEST(a_wrong_password_and_an_unknown_email_look_the_same),
        TEST(guessing_is_slowed_for_one_account_from_anywhere),
        TEST(guessing_from_one_address_does_not_keep_the_owner_out),
        TEST(guessing_is_slowed_for_one_address_and_its_network),
        TEST(who_knows_the_password_may_sign_in_as_often_as_they_like),
        TEST(a_token_that_was_changed_or_has_ended_is_none),
        TEST(a_signed_out_session_is_dead_everywhere),
        TEST(a_signed_out_session_stays_dead_when_redis_forgets),
        TEST(many_sign_outs_come_back_in_steps),
    };

    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
