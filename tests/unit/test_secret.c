#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

#include "base/secret.h"
#include "tests/unit/unit.h"

#define HEX_1 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define HEX_2 "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
#define KEY_1 "1:" HEX_1 "\n"
#define KEY_2 "2:" HEX_2 "\n"

static const char MESSAGE[] = "concert 1, seat 7";
enum { MESSAGE_LENGTH = sizeof(MESSAGE) };

static struct secret_keys *keys_of(void *mem, const char *text)
{
    return secret_keys_read(mem, unit_file(text));
}

static void what_is_sealed_opens_again(void **state)
{
    struct secret_keys *keys = keys_of(*state, KEY_1);
    char *sealed = secret_seal(*state, keys, "token", MESSAGE, MESSAGE_LENGTH);
    char opened[MESSAGE_LENGTH];

    assert_true(secret_open(keys, "token", sealed, opened, sizeof(opened)));
    assert_memory_equal(opened, MESSAGE, MESSAGE_LENGTH);
    assert_int_equal(strspn(sealed, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
                     strlen(sealed));
}

static void a_seal_of_another_purpose_does_not_open(void **state)
{
    struct secret_keys *keys = keys_of(*state, KEY_1);
    char *sealed = secret_seal(*state, keys, "ticket", MESSAGE, MESSAGE_LENGTH);
    char opened[MESSAGE_LENGTH];

    assert_false(secret_open(keys, "token", sealed, opened, sizeof(opened)));
    assert_false(secret_open(keys, "ticke", sealed, opened, sizeof(opened)));
    assert_false(secret_open(keys, "", sealed, opened, sizeof(opened)));
}

static void a_change_of_any_character_is_noticed(void **state)
{
    struct secret_keys *keys = keys_of(*state, KEY_1);
    const char *sealed = secret_seal(*state, keys, "token", MESSAGE, MESSAGE_LENGTH);
    size_t opened_count = 0;
    char opened[MESSAGE_LENGTH];

    for (size_t i = 0; sealed[i] != '\0'; i++) {
        char *forged = talloc_strdup(*state, sealed);
        forged[i] = forged[i] == 'A' ? 'B' : 'A';
        opened_count += secret_open(keys, "token", forged, opened, sizeof(opened));
        forged[i] = (char)(sealed[i] | 0x80);
        opened_count += secret_open(keys, "token", forged, opened, sizeof(opened));
        forged[i] = '\0';
        opened_count += secret_open(keys, "token", forged, opened, sizeof(opened));
    }
    assert_int_equal(opened_count, 0);
}

static void what_is_no_seal_does_not_open(void **state)
{
    struct secret_keys *keys = keys_of(*state, KEY_1);
    const char *sealed = secret_seal(*state, keys, "token", MESSAGE, MESSAGE_LENGTH);
    char *huge = talloc_zero_array(*state, char, 10000);
    const char *wrong[] = {"",
                           "A",
                           "=",
                           "====",
                           "null",
                           "\xff\xfe",
                           "../../etc/passwd",
                           talloc_asprintf(*state, "%sA", sealed),
                           talloc_asprintf(*state, "%s=", sealed),
                           talloc_asprintf(*state, " %s", sealed),
                           talloc_asprintf(*state, "%s\n", sealed),
                           talloc_asprintf(*state, "%s%s", sealed, sealed),
                           huge};
    char opened[MESSAGE_LENGTH + 1];

    memset(huge, 'A', 9999);
    for (size_t i = 0; i < LENGTH(wrong); i++)
        if (secret_open(keys, "token", wrong[i], opened, MESSAGE_LENGTH))
            fail_msg("opened: %.40s", wrong[i]);
    assert_false(secret_open(keys, "token", sealed, opened, MESSAGE_LENGTH - 1));
    assert_false(secret_open(keys, "token", sealed, opened, MESSAGE_LENGTH + 1));
}

static void a_new_first_key_signs_and_the_old_one_still_opens(void **state)
{
    struct secret_keys *before = keys_of(*state, KEY_1);
    struct secret_keys *between = keys_of(*state, KEY_2 KEY_1);
    struct secret_keys *after = keys_of(*state, KEY_2);
    char *old = secret_seal(*state, before, "token", MESSAGE, MESSAGE_LENGTH);
    char *fresh = secret_seal(*state, between, "token", MESSAGE, MESSAGE_LENGTH);
    char opened[MESSAGE_LENGTH];

    assert_true(secret_open(between, "token", old, opened, sizeof(opened)));
    assert_true(secret_open(after, "token", fresh, opened, sizeof(opened)));
    assert_false(secret_open(after, "token", old, opened, sizeof(opened)));
    assert_false(secret_open(before, "token", fresh, opened, sizeof(opened)));
}

static void another_key_of_the_same_number_does_not_open(void **state)
{
    struct secret_keys *mine = keys_of(*state, "1:" HEX_1 "\n");
    struct secret_keys *yours = keys_of(*state, "1:" HEX_2 "\n");
    char *sealed = secret_seal(*state, mine, "token", MESSAGE, MESSAGE_LENGTH);
    char opened[MESSAGE_LENGTH];

    assert_false(secret_open(yours, "token", sealed, opened, sizeof(opened)));
}

struct reading {
    void *mem;
    const char *text;
    struct secret_keys *keys;
};

static void read_keys(void *data)
{
    struct reading *reading = data;

    reading->keys = keys_of(reading->mem, reading->text);
}

static void key_files_that_are_wrong_are_refused_without_telling_the_key(void **state)
{
    static const char *const wrong[] = {
        "",
        "\n# only a remark\n",
        HEX_1 "\n",
        "1:" HEX_1 "00\n",
        "1:0001\n",
        "1:zz0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n",
        "256:" HEX_1 "\n",
        "-1:" HEX_1 "\n",
        KEY_1 "garbage c0ffee\n",
    };

    for (size_t i = 0; i < LENGTH(wrong); i++) {
        struct reading reading = {.mem = *state, .text = wrong[i]};
        const char *errors = unit_errors_of(read_keys, &reading);
        if (reading.keys != NULL)
            fail_msg("taken: %s", wrong[i]);
        assert_non_null(strstr(errors, "secret_"));
        assert_null(strstr(errors, "0102030405"));
        assert_null(strstr(errors, "c0ffee"));
    }
    assert_null(secret_keys_read(*state, "/nonexistent/secret"));
}

static void a_made_line_is_a_good_line(void **state)
{
    const char *one = secret_keys_line(*state);
    const char *other = secret_keys_line(*state);

    assert_string_not_equal(strchr(one, ':'), strchr(other, ':'));
    assert_non_null(keys_of(*state, one));
    assert_non_null(keys_of(*state, talloc_asprintf(*state, "# rotated\n%s%s", one, other)));
}

static void only_the_password_matches_its_hash(void **state)
{
    char hash[SECRET_PASSWORD_HASH_SIZE];
    char again[SECRET_PASSWORD_HASH_SIZE];

    (void)state;
    assert_true(secret_password_hash("demo-password", hash));
    assert_true(secret_password_hash("demo-password", again));
    assert_string_not_equal(hash, again);
    assert_memory_equal(hash, "$argon2id$", 10);
    assert_non_null(strstr(hash, "m=19456,t=2"));
    assert_true(secret_password_matches("demo-password", hash));
    assert_false(secret_password_matches("demo-passwor", hash));
    assert_false(secret_password_matches("", hash));
    assert_false(secret_password_matches("demo-password", ""));
    assert_false(secret_password_matches("demo-password", "-"));
}

static void uuids_are_version_4_and_never_the_same(void **state)
{
    char one[SECRET_UUID_SIZE];
    char other[SECRET_UUID_SIZE];

    (void)state;
    secret_uuid(one);
    secret_uuid(other);
    assert_string_not_equal(one, other);
    assert_int_equal(strlen(one), 36);
    assert_int_equal(one[14], '4');
    assert_non_null(strchr("89ab", one[19]));
}

static void fingerprints_tell_texts_apart(void **state)
{
    uint8_t one[32];
    uint8_t same[32];
    uint8_t other[32];

    (void)state;
    secret_fingerprint("a", 1, one, sizeof(one));
    secret_fingerprint("a", 1, same, sizeof(same));
    secret_fingerprint("b", 1, other, sizeof(other));
    assert_memory_equal(one, same, sizeof(one));
    assert_memory_not_equal(one, other, sizeof(one));
}

static void random_numbers_stay_below_their_limit(void **state)
{
    unsigned seen = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        uint32_t number = secret_random_below(5);
        assert_in_range(number, 0, 4);
        seen |= 1u << number;
    }
    assert_int_equal(seen, 31);
}

/* libsodium ends a process that goes on with its parent's numbers. */
static void a_forked_process_draws_numbers_of_its_own(void **state)
{
    uint8_t ours[16];
    uint8_t theirs[16];
    int ends[2];
    int status;

    (void)state;
    secret_random(ours, sizeof(ours));
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    secret_random(ours, sizeof(ours));
    if (child == 0)
        _exit(write(ends[1], ours, sizeof(ours)) != sizeof(ours));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(read(ends[0], theirs, sizeof(theirs)), sizeof(theirs));
    assert_memory_not_equal(ours, theirs, sizeof(ours));
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sealed_opens_again),
        cmocka_unit_test(a_seal_of_another_purpose_does_not_open),
        cmocka_unit_test(a_change_of_any_character_is_noticed),
        cmocka_unit_test(what_is_no_seal_does_not_open),
        cmocka_unit_test(a_new_first_key_signs_and_the_old_one_still_opens),
        cmocka_unit_test(another_key_of_the_same_number_does_not_open),
        cmocka_unit_test(key_files_that_are_wrong_are_refused_without_telling_the_key),
        cmocka_unit_test(a_made_line_is_a_good_line),
        cmocka_unit_test(only_the_password_matches_its_hash),
        cmocka_unit_test(uuids_are_version_4_and_never_the_same),
        cmocka_unit_test(fingerprints_tell_texts_apart),
        cmocka_unit_test(random_numbers_stay_below_their_limit),
        cmocka_unit_test(a_forked_process_draws_numbers_of_its_own),
    };

    return cmocka_run_group_tests(tests, unit_start, unit_stop);
}
