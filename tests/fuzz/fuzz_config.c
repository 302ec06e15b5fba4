/* The configuration file and the key file. The input: a byte that says which of them, and its text. */
#include <assert.h>
#include <string.h>
#include <talloc.h>

#include "base/config.h"
#include "base/must.h"
#include "base/secret.h"
#include "tests/fuzz/fuzz.h"

void fuzz_start(void)
{
}

static void check_config(const struct config *config)
{
#define TEXT(section, name, fallback)                assert(config->section##_##name != NULL);
#define NUMBER(section, name, fallback, least, most) assert(config->section##_##name >= (least));
#define FLAG(section, name, fallback)                (void)config->section##_##name;
#define CHOICE(section, name, fallback, words)       assert(strstr(words, config->section##_##name) != NULL);
#include "base/config.def"
#undef TEXT
#undef NUMBER
#undef FLAG
#undef CHOICE
    for (size_t i = 0; i < config->kafka_count; i++)
        assert(config->kafka[i].name != NULL && config->kafka[i].value != NULL);
}

static void check_keys(void *mem, const struct secret_keys *keys)
{
    uint8_t message[8] = "message";
    uint8_t opened[sizeof(message)];
    const char *sealed = secret_seal(mem, keys, "token", message, sizeof(message));

    assert(secret_open(keys, "token", sealed, opened, sizeof(opened)) && memcmp(message, opened, sizeof(message)) == 0);
}

void fuzz_one(const uint8_t *bytes, size_t size)
{
    void *mem = must(talloc_new(NULL));

    if (size > 0 && bytes[0] == 'k') {
        const struct secret_keys *keys = secret_keys_read(mem, fuzz_file(bytes + 1, size - 1));
        if (keys != NULL)
            check_keys(mem, keys);
    } else if (size > 0) {
        const struct config *config = config_read(mem, fuzz_file(bytes + 1, size - 1));
        if (config != NULL)
            check_config(config);
    }
    talloc_free(mem);
}
