#include "base/secret.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>

#include "base/log.h"
#include "base/must.h"

enum {
    KEYS_MAX = 16,
    KEY_BYTES = 32,
    TAG_BYTES = 16,
    SEALED_BYTES_MAX = 256,
    PASSWORD_PASSES = 2,
    PASSWORD_BYTES = 19 * 1024 * 1024,
};

struct secret_keys {
    struct {
        uint8_t id;
        uint8_t bytes[KEY_BYTES];
    } key[KEYS_MAX];
    size_t count;
};

static int wipe(struct secret_keys *keys)
{
    sodium_memzero(keys, sizeof(*keys));
    return 0;
}

static bool read_line(struct secret_keys *keys, const char *line)
{
    unsigned id;
    char hex[KEY_BYTES * 2 + 1];
    size_t length;
    int end = 0;

    if (keys->count == KEYS_MAX || sscanf(line, "%3u:%64[0-9a-fA-F]%n", &id, hex, &end) != 2 || id > UINT8_MAX)
        return false;
    if (strcspn(line + end, "\r\n") != 0)
        return false;
    if (sodium_hex2bin(keys->key[keys->count].bytes, KEY_BYTES, hex, strlen(hex), NULL, &length, NULL) != 0 ||
        length != KEY_BYTES)
        return false;
    keys->key[keys->count++].id = (uint8_t)id;
    return true;
}

static bool read_lines(struct secret_keys *keys, FILE *file, const char *path)
{
    char line[256];

    for (int number = 1; fgets(line, sizeof(line), file) != NULL; number++) {
        if (line[0] == '\n' || line[0] == '#')
            continue;
        if (!read_line(keys, line)) {
            log_error("secret_wrong file=%s line=%d", path, number);
            return false;
        }
    }
    if (keys->count == 0)
        log_error("secret_empty file=%s", path);
    return keys->count > 0;
}

/*
 * Seeded by the kernel once a thread instead of asking it each time: every answer of the queue draws
 * lots. A forked process must not go on with its parent's numbers: libsodium ends one that tries.
 */
static void choose_generator(void)
{
    randombytes_set_implementation(&randombytes_internal_implementation);
    pthread_atfork(NULL, NULL, randombytes_stir);
}

struct secret_keys *secret_keys_read(const void *mem, const char *path)
{
    static pthread_once_t chosen = PTHREAD_ONCE_INIT;

    pthread_once(&chosen, choose_generator);
    if (sodium_init() < 0) {
        log_error("sodium_unusable");
        return NULL;
    }
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        log_error("secret_unreadable file=%s errno=\"%s\"", path, strerror(errno));
        return NULL;
    }
    struct secret_keys *keys = must(talloc_zero(mem, struct secret_keys));
    talloc_set_destructor(keys, wipe);
    bool good = read_lines(keys, file, path);
    fclose(file);
    if (!good)
        TALLOC_FREE(keys);
    return keys;
}

char *secret_keys_line(const void *mem)
{
    uint8_t bytes[KEY_BYTES];
    uint8_t id;
    char hex[KEY_BYTES * 2 + 1];

    secret_random(bytes, sizeof(bytes));
    secret_random(&id, 1);
    secret_hex(bytes, sizeof(bytes), hex);
    return must(talloc_asprintf(mem, "%u:%s\n", id, hex));
}

void secret_random(void *bytes, size_t length)
{
    randombytes_buf(bytes, length);
}

uint32_t secret_random_below(uint32_t limit)
{
    return randombytes_uniform(limit);
}

void secret_uuid(char text[SECRET_UUID_SIZE])
{
    uint8_t bytes[16];
    char hex[33];

    secret_random(bytes, sizeof(bytes));
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
    secret_hex(bytes, sizeof(bytes), hex);
    snprintf(text, SECRET_UUID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

/* The tag covers purpose, key id and message; the purpose's NUL keeps the parts apart. */
static void tag_of(const uint8_t key[KEY_BYTES], const char *purpose, const uint8_t *message, size_t length,
                   uint8_t tag[TAG_BYTES])
{
    crypto_generichash_state state;

    crypto_generichash_init(&state, key, KEY_BYTES, TAG_BYTES);
    crypto_generichash_update(&state, (const uint8_t *)purpose, strlen(purpose) + 1);
    crypto_generichash_update(&state, message, length);
    crypto_generichash_final(&state, tag, TAG_BYTES);
}

char *secret_seal(const void *mem, const struct secret_keys *keys, const char *purpose, const void *message,
                  size_t length)
{
    uint8_t sealed[SEALED_BYTES_MAX];
    size_t whole = 1 + length + TAG_BYTES;
    char *text = must(talloc_size(mem, sodium_base64_encoded_len(whole, sodium_base64_VARIANT_URLSAFE_NO_PADDING)));

    if (whole > sizeof(sealed))
        abort();
    sealed[0] = keys->key[0].id;
    memcpy(sealed + 1, message, length);
    tag_of(keys->key[0].bytes, purpose, sealed, 1 + length, sealed + 1 + length);
    sodium_bin2base64(text, talloc_get_size(text), sealed, whole, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return text;
}

/* libsodium (1.0.18) takes every byte above 127 for "_": the same seal would have many texts. */
static bool is_base64(const char *text)
{
    return text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")] == '\0';
}

bool secret_open(const struct secret_keys *keys, const char *purpose, const char *sealed, void *message, size_t length)
{
    uint8_t bytes[SEALED_BYTES_MAX];
    uint8_t tag[TAG_BYTES];
    size_t whole;

    if (!is_base64(sealed) ||
        sodium_base642bin(bytes, sizeof(bytes), sealed, strlen(sealed), NULL, &whole, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        whole != 1 + length + TAG_BYTES)
        return false;
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->key[i].id != bytes[0])
            continue;
        tag_of(keys->key[i].bytes, purpose, bytes, 1 + length, tag);
        if (sodium_memcmp(tag, bytes + 1 + length, TAG_BYTES) != 0)
            continue;
        memcpy(message, bytes + 1, length);
        return true;
    }
    return false;
}

bool secret_password_hash(const char *password, char hash[SECRET_PASSWORD_HASH_SIZE])
{
    _Static_assert((int)SECRET_PASSWORD_HASH_SIZE >= (int)crypto_pwhash_STRBYTES, "room for libsodium's text");
    return crypto_pwhash_str_alg(hash, password, strlen(password), PASSWORD_PASSES, PASSWORD_BYTES,
                                 crypto_pwhash_ALG_ARGON2ID13) == 0;
}

bool secret_password_matches(const char *password, const char *hash)
{
    return crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
}

void secret_fingerprint(const void *bytes, size_t length, uint8_t *out, size_t out_length)
{
    crypto_generichash(out, out_length, bytes, length, NULL, 0);
}

void secret_hex(const void *bytes, size_t length, char *text)
{
    sodium_bin2hex(text, length * 2 + 1, bytes, length);
}
