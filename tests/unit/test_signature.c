#include <string.h>
#include <talloc.h>

#include "base/signature.h"
#include "tests/unit/unit.h"

#define KEY_1 "1:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
#define KEY_2 "2:ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"

/* Reckoned with another program: openssl dgst -sha256 -mac HMAC -macopt hexkey:0001…1f -binary | base64 */
static void the_tag_is_what_others_reckon(void **state)
{
    uint8_t key[SIGNATURE_KEY_BYTES];

    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = (uint8_t)i;
    assert_string_equal(signature_key_text(*state, key), "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    assert_string_equal(signature_make(*state, key, "msg_1", 1800000000, "{\"a\":1}"),
                        "v1,phm7mOHwFDU6jBwBkmhF3Cqd0H0Nz7MaiOdih/irqbk=");
}

static void keys_differ_by_purpose_and_secret(void **state)
{
    uint8_t one[SIGNATURE_KEY_BYTES];
    uint8_t same[SIGNATURE_KEY_BYTES];
    uint8_t other[SIGNATURE_KEY_BYTES];
    struct secret_keys *keys = secret_keys_read(*state, unit_file(KEY_1));

    signature_key(keys, "webhook", one);
    signature_key(keys, "webhook", same);
    assert_memory_equal(one, same, sizeof(one));
    signature_key(keys, "ticket", other);
    assert_memory_not_equal(one, other, sizeof(one));
    signature_key(secret_keys_read(*state, unit_file(KEY_2)), "webhook", other);
    assert_memory_not_equal(one, other, sizeof(one));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tag_is_what_others_reckon),
        cmocka_unit_test(keys_differ_by_purpose_and_secret),
    };

    return cmocka_run_group_tests(tests, unit_start, unit_stop);
}
