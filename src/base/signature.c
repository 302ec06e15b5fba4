#include "base/signature.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"

void signature_key(const struct secret_keys *keys, const char *purpose, uint8_t key[SIGNATURE_KEY_BYTES])
{
    /* A sealed text is a keyed tag of its purpose, the same each time. */
    char *sealed = secret_seal(NULL, keys, purpose, "", 0);

    secret_fingerprint(sealed, strlen(sealed), key, SIGNATURE_KEY_BYTES);
    sodium_memzero(sealed, strlen(sealed));
    TALLOC_FREE(sealed);
}

static char *labelled_base64(const void *mem, const char *label, const uint8_t *bytes, size_t length)
{
    char text[128];

    if (sodium_base64_encoded_len(length, sodium_base64_VARIANT_ORIGINAL) > sizeof(text))
        abort();
    sodium_bin2base64(text, sizeof(text), bytes, length, sodium_base64_VARIANT_ORIGINAL);
    return must(talloc_asprintf(mem, "%s%s", label, text));
}

char *signature_key_text(const void *mem, const uint8_t key[SIGNATURE_KEY_BYTES])
{
    return labelled_base64(mem, "whsec_", key, SIGNATURE_KEY_BYTES);
}

char *signature_make(const void *mem, const uint8_t key[SIGNATURE_KEY_BYTES], const char *id, int64_t unix_s,
                     const char *body)
{
    uint8_t tag[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    char *head = must(talloc_asprintf(NULL, "%s.%" PRId64 ".", id, unix_s));

    crypto_auth_hmacsha256_init(&state, key, SIGNATURE_KEY_BYTES);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)head, strlen(head));
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)body, strlen(body));
    crypto_auth_hmacsha256_final(&state, tag);
    TALLOC_FREE(head);
    return labelled_base64(mem, "v1,", tag, sizeof(tag));
}
