#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/secret.h"
#include "domain/session.h"
#include "http/access.h"
#include "store/store.h"
#include "tests/fake/sessions.h"
#include "tests/unit/unit.h"

#define KEY_1 "1:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
#define KEY_2 "1:ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"

static const int64_t NOW = 1800000000000;

/* As domain/session.c seals it. */
struct token {
    uint8_t version;
    uint8_t role;
    uint8_t session_id[SESSION_ID_BYTES];
    uint64_t account_id;
    int64_t ends_ms;
} __attribute__((packed));

struct door {
    struct store store;
    struct request request;
    struct secret_keys *others_keys;
};

static const struct route public_get = {.method = "GET", .access = PUBLIC};
static const struct route public_post = {.method = "POST", .access = PUBLIC};
static const struct route fan_get = {.method = "GET", .access = FAN};
static const struct route fan_post = {.method = "POST", .access = FAN};
static const struct route script_post = {.method = "POST", .access = FAN_BY_SCRIPT};
static const struct route operator_get = {.method = "GET", .access = OPERATOR};
static const struct route operator_patch = {.method = "PATCH", .access = OPERATOR};

static int come(void **state)
{
    struct door *door = talloc_zero(NULL, struct door);

    door->store.keys = secret_keys_read(door, unit_file(KEY_1));
    door->others_keys = secret_keys_read(door, unit_file(KEY_2));
    door->request.call = (struct call){.mem = door, .store = &door->store, .now_ms = NOW};
    fake_sessions_check_answer = OUTCOME_DONE;
    fake_sessions_checks = 0;
    *state = door;
    return 0;
}

static int go(void **state)
{
    talloc_free(*state);
    return 0;
}

static const char *sealed(struct door *door, const struct secret_keys *keys, const char *purpose, enum role role,
                          int64_t ends_ms)
{
    struct token token = {.version = 1, .role = (uint8_t)role, .account_id = 7, .ends_ms = ends_ms};

    memset(token.session_id, 0x5a, sizeof(token.session_id));
    return secret_seal(door, keys, purpose, &token, sizeof(token));
}

static const char *token_of(struct door *door, enum role role)
{
    return sealed(door, door->store.keys, "token", role, NOW + 1);
}

#define KNOCK(door, route, ...) knock(door, route, (char *[]){__VA_ARGS__, NULL})

static enum outcome knock(struct door *door, const struct route *route, char **parameters)
{
    door->request.call.account_id = 0;
    door->request.call.role = ROLE_NOBODY;
    return access_check(&door->request, route, parameters);
}

static char *bearer(struct door *door, const char *token)
{
    return talloc_asprintf(door, "HTTP_AUTHORIZATION=Bearer %s", token);
}

static char *cookie(struct door *door, const char *token)
{
    return talloc_asprintf(door, "HTTP_COOKIE=theme=dark; frontrow_session=%s; other=1", token);
}

static void who_shows_a_token_is_its_account(void **state)
{
    struct door *door = *state;
    const char *token = token_of(door, ROLE_FAN);

    assert_int_equal(KNOCK(door, &fan_get, bearer(door, token)), OUTCOME_DONE);
    assert_int_equal(door->request.call.account_id, 7);
    assert_int_equal(door->request.call.role, ROLE_FAN);
    assert_int_equal(fake_sessions_checks, 1);
    assert_int_equal(KNOCK(door, &fan_get, cookie(door, token)), OUTCOME_DONE);
    assert_int_equal(door->request.call.account_id, 7);
    assert_int_equal(KNOCK(door, &fan_get, talloc_asprintf(door, "HTTP_AUTHORIZATION=bEARER   %s", token)),
                     OUTCOME_DONE);
}

static void nobody_gets_in_where_a_fan_must_be(void **state)
{
    struct door *door = *state;

    assert_int_equal(KNOCK(door, &public_get, "A=b"), OUTCOME_DONE);
    assert_int_equal(KNOCK(door, &fan_get, "A=b"), OUTCOME_NOT_SIGNED_IN);
    assert_int_equal(KNOCK(door, &script_post, "A=b"), OUTCOME_NOT_SIGNED_IN);
    assert_int_equal(KNOCK(door, &operator_get, "A=b"), OUTCOME_NOT_SIGNED_IN);
    assert_int_equal(door->request.call.account_id, 0);
}

static void tokens_that_are_forged_old_or_of_another_purpose_are_nobody(void **state)
{
    struct door *door = *state;
    const char *const bad[] = {
        "",
        "x",
        "null",
        sealed(door, door->others_keys, "token", ROLE_OPERATOR, NOW + 1),
        sealed(door, door->store.keys, "ticket", ROLE_OPERATOR, NOW + 1),
        sealed(door, door->store.keys, "token", ROLE_OPERATOR, NOW),
        sealed(door, door->store.keys, "token", ROLE_OPERATOR, NOW - 1),
    };

    for (size_t i = 0; i < LENGTH(bad); i++) {
        assert_int_equal(KNOCK(door, &fan_get, bearer(door, bad[i])), OUTCOME_NOT_SIGNED_IN);
        assert_int_equal(KNOCK(door, &operator_get, cookie(door, bad[i])), OUTCOME_NOT_SIGNED_IN);
        assert_int_equal(door->request.call.account_id, 0);
    }
    assert_int_equal(fake_sessions_checks, 0);
}

static void a_fan_is_no_operator(void **state)
{
    struct door *door = *state;

    assert_int_equal(KNOCK(door, &operator_get, bearer(door, token_of(door, ROLE_FAN))), OUTCOME_NOT_ALLOWED);
    assert_int_equal(KNOCK(door, &operator_patch, bearer(door, token_of(door, ROLE_FAN))), OUTCOME_NOT_ALLOWED);
    assert_int_equal(KNOCK(door, &operator_patch, bearer(door, token_of(door, ROLE_OPERATOR))), OUTCOME_DONE);
}

static void a_signed_out_session_is_asked_for_once_and_refused(void **state)
{
    struct door *door = *state;

    fake_sessions_check_answer = OUTCOME_NOT_SIGNED_IN;
    assert_int_equal(KNOCK(door, &fan_get, bearer(door, token_of(door, ROLE_FAN))), OUTCOME_NOT_SIGNED_IN);
    assert_int_equal(fake_sessions_checks, 1);
    fake_sessions_check_answer = OUTCOME_UNAVAILABLE;
    assert_int_equal(KNOCK(door, &operator_get, bearer(door, token_of(door, ROLE_OPERATOR))), OUTCOME_UNAVAILABLE);
    /* The script of the route asks by itself, in the same round trip. */
    assert_int_equal(KNOCK(door, &script_post, bearer(door, token_of(door, ROLE_FAN))), OUTCOME_DONE);
    assert_int_equal(fake_sessions_checks, 2);
}

static void only_the_cookie_of_our_name_counts(void **state)
{
    struct door *door = *state;
    const char *token = token_of(door, ROLE_FAN);
    const char *const others[] = {"xfrontrow_session=%s", "frontrow_session2=%s", "frontrow_sessio=%s",
                                  "a=frontrow_session=%s"};

    for (size_t i = 0; i < LENGTH(others); i++) {
        char *header = talloc_strdup(door, "HTTP_COOKIE=");
        char *before = talloc_strndup(door, others[i], strlen(others[i]) - 2);
        header = talloc_asprintf_append(header, "%s%s", before, token);
        assert_int_equal(KNOCK(door, &fan_get, header), OUTCOME_NOT_SIGNED_IN);
    }
    assert_int_equal(KNOCK(door, &fan_get, talloc_asprintf(door, "HTTP_COOKIE=;; ;frontrow_session=%s", token)),
                     OUTCOME_DONE);
}

static void a_bearer_token_that_is_bad_is_not_made_good_by_a_cookie(void **state)
{
    struct door *door = *state;

    assert_int_equal(KNOCK(door, &fan_get, bearer(door, "x"), cookie(door, token_of(door, ROLE_FAN))),
                     OUTCOME_NOT_SIGNED_IN);
}

static void a_cookie_changes_nothing_for_another_site(void **state)
{
    struct door *door = *state;
    char *own = cookie(door, token_of(door, ROLE_FAN));
    char *host = "HTTP_HOST=tickets.example";

    assert_int_equal(KNOCK(door, &fan_post, own, host, "HTTP_SEC_FETCH_SITE=cross-site"), OUTCOME_CROSS_SITE);
    assert_int_equal(KNOCK(door, &fan_post, own, host, "HTTP_SEC_FETCH_SITE=same-site"), OUTCOME_CROSS_SITE);
    assert_int_equal(KNOCK(door, &fan_post, own, host, "HTTP_ORIGIN=https://evil.example"), OUTCOME_CROSS_SITE);
    assert_int_equal(KNOCK(door, &fan_post, own, host, "HTTP_ORIGIN=null"), OUTCOME_CROSS_SITE);
    assert_int_equal(KNOCK(door, &fan_post, own, host, "HTTP_ORIGIN=https://tickets.example.evil.example"),
                     OUTCOME_CROSS_SITE);
    assert_int_equal(KNOCK(door, &fan_post, own, host, "HTTP_ORIGIN=https://tickets.example:444"), OUTCOME_CROSS_SITE);
    assert_int_equal(KNOCK(door, &script_post, own, host, "HTTP_SEC_FETCH_SITE=cross-site"), OUTCOME_CROSS_SITE);
    /* Signing somebody in to another's account is a change, too. */
    assert_int_equal(KNOCK(door, &public_post, host, "HTTP_SEC_FETCH_SITE=cross-site"), OUTCOME_CROSS_SITE);
}

static void a_cookie_works_for_our_own_pages_and_for_reading(void **state)
{
    struct door *door = *state;
    char *own = cookie(door, token_of(door, ROLE_FAN));
    char *host = "HTTP_HOST=tickets.example";

    assert_int_equal(KNOCK(door, &fan_post, own, host, "HTTP_SEC_FETCH_SITE=same-origin"), OUTCOME_DONE);
    assert_int_equal(KNOCK(door, &fan_post, own, host, "HTTP_SEC_FETCH_SITE=none"), OUTCOME_DONE);
    assert_int_equal(KNOCK(door, &fan_post, own, host, "HTTP_ORIGIN=https://Tickets.example"), OUTCOME_DONE);
    assert_int_equal(KNOCK(door, &fan_post, own, host), OUTCOME_DONE);
    assert_int_equal(KNOCK(door, &fan_get, own, host, "HTTP_SEC_FETCH_SITE=cross-site"), OUTCOME_DONE);
}

static void a_bearer_token_is_nothing_that_another_site_can_send(void **state)
{
    struct door *door = *state;

    assert_int_equal(KNOCK(door, &fan_post, bearer(door, token_of(door, ROLE_FAN)), "HTTP_HOST=tickets.example",
                           "HTTP_SEC_FETCH_SITE=cross-site", "HTTP_ORIGIN=https://app.example"),
                     OUTCOME_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_shows_a_token_is_its_account, come, go),
        cmocka_unit_test_setup_teardown(nobody_gets_in_where_a_fan_must_be, come, go),
        cmocka_unit_test_setup_teardown(tokens_that_are_forged_old_or_of_another_purpose_are_nobody, come, go),
        cmocka_unit_test_setup_teardown(a_fan_is_no_operator, come, go),
        cmocka_unit_test_setup_teardown(a_signed_out_session_is_asked_for_once_and_refused, come, go),
        cmocka_unit_test_setup_teardown(only_the_cookie_of_our_name_counts, come, go),
        cmocka_unit_test_setup_teardown(a_bearer_token_that_is_bad_is_not_made_good_by_a_cookie, come, go),
        cmocka_unit_test_setup_teardown(a_cookie_changes_nothing_for_another_site, come, go),
        cmocka_unit_test_setup_teardown(a_cookie_works_for_our_own_pages_and_for_reading, come, go),
        cmocka_unit_test_setup_teardown(a_bearer_token_is_nothing_that_another_site_can_send, come, go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
