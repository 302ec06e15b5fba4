/* cmocka.h wants these first. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "base/secret.h"
#include "domain/queue_ticket.h"
#include "store/store.h"

struct desk {
    struct store store;
    struct call call;
};

static const struct secret_keys *keys_of(void *mem, const char *lines)
{
    char path[] = "/tmp/frontrow-keys-XXXXXX";
    int file = mkstemp(path);

    assert_true(file >= 0);
    assert_int_equal(write(file, lines, strlen(lines)), strlen(lines));
    close(file);
    const struct secret_keys *keys = secret_keys_read(mem, path);
    unlink(path);
    assert_non_null(keys);
    return keys;
}

#define KEY_1 "1:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
#define KEY_2 "2:ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"

static int sit_down(void **state)
{
    struct desk *desk = talloc_zero(NULL, struct desk);

    desk->store.keys = keys_of(desk, KEY_1);
    desk->call = (struct call){.mem = desk, .store = &desk->store, .now_ms = 1800000000000, .account_id = 7};
    *state = desk;
    return 0;
}

static int get_up(void **state)
{
    talloc_free(*state);
    return 0;
}

static const struct queue_ticket ticket_262 = {.number = 262};

static void a_ticket_gives_its_number_back(void **state)
{
    struct desk *desk = *state;
    struct queue_ticket opened = {0};
    const char *ticket = queue_ticket_seal(&desk->call, 2, (struct queue_ticket){UINT64_C(1) << 40, true});

    assert_true(strlen(ticket) <= 300);
    assert_true(queue_ticket_open(&desk->call, 2, ticket, &opened));
    assert_true(opened.number == UINT64_C(1) << 40);
    assert_true(opened.is_entry);
}

static void a_ticket_is_useless_to_another_account(void **state)
{
    struct desk *desk = *state;
    struct queue_ticket opened;
    const char *ticket = queue_ticket_seal(&desk->call, 2, ticket_262);

    desk->call.account_id = 8;
    assert_false(queue_ticket_open(&desk->call, 2, ticket, &opened));
}

static void a_ticket_is_useless_for_another_concert(void **state)
{
    struct desk *desk = *state;
    struct queue_ticket opened;

    assert_false(queue_ticket_open(&desk->call, 3, queue_ticket_seal(&desk->call, 2, ticket_262), &opened));
}

static void a_changed_ticket_is_no_ticket(void **state)
{
    struct desk *desk = *state;
    struct queue_ticket opened;
    const char *ticket = queue_ticket_seal(&desk->call, 2, ticket_262);

    for (size_t i = 0; i < strlen(ticket); i++) {
        char *changed = talloc_strdup(desk, ticket);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        assert_false(queue_ticket_open(&desk->call, 2, changed, &opened));
    }
    assert_false(queue_ticket_open(&desk->call, 2, "", &opened));
    assert_false(queue_ticket_open(&desk->call, 2, "k1.2.1.262", &opened));
}

static void a_token_is_no_ticket(void **state)
{
    struct desk *desk = *state;
    uint8_t message[33] = {0};
    struct queue_ticket opened;

    message[7] = 2;
    message[15] = 7;
    const char *token = secret_seal(desk, desk->store.keys, "token", message, sizeof(message));
    assert_false(queue_ticket_open(&desk->call, 2, token, &opened));
}

static void a_ticket_outlives_a_new_secret_while_the_old_one_is_kept(void **state)
{
    struct desk *desk = *state;
    struct queue_ticket opened;
    const char *ticket = queue_ticket_seal(&desk->call, 2, ticket_262);

    desk->store.keys = keys_of(desk, KEY_2 KEY_1);
    assert_true(queue_ticket_open(&desk->call, 2, ticket, &opened));
    desk->store.keys = keys_of(desk, KEY_2);
    assert_false(queue_ticket_open(&desk->call, 2, ticket, &opened));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_ticket_gives_its_number_back, sit_down, get_up),
        cmocka_unit_test_setup_teardown(a_ticket_is_useless_to_another_account, sit_down, get_up),
        cmocka_unit_test_setup_teardown(a_ticket_is_useless_for_another_concert, sit_down, get_up),
        cmocka_unit_test_setup_teardown(a_changed_ticket_is_no_ticket, sit_down, get_up),
        cmocka_unit_test_setup_teardown(a_token_is_no_ticket, sit_down, get_up),
        cmocka_unit_test_setup_teardown(a_ticket_outlives_a_new_secret_while_the_old_one_is_kept, sit_down, get_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
