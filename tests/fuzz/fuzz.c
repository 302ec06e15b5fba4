#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <talloc.h>
#include <unistd.h>

#include "base/gather.h"
#include "base/log.h"
#include "base/must.h"
#include "base/secret.h"
#include "base/text.h"
#include "domain/queue_ticket.h"
#include "domain/ticket.h"
#include "store/concerts.h"
#include "store/lock_desk.h"
#include "store/mysql.h"
#include "store/redis.h"

/* The engines call these two; they are promised to them, not to us. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    fuzz_start();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_one(bytes, size);
    return 0;
}

/* Writing lines would be most of the work. Instead of log.c. */
void log_set_level(enum log_level level)
{
    (void)level;
}

void log_event(enum log_level level, const char *format, ...)
{
    char line[4096];
    va_list args;

    (void)level;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (getenv("FUZZ_LOG") != NULL)
        fprintf(stderr, "%s\n", line);
}

/* ---- Redis: hiredis reads the input as what came over the wire -------------------------------------------------- */

static const uint8_t *redis_bytes;
static size_t redis_size;

/* What the input before has left on the connection, or of a lock, would make findings that do not come again. */
void fuzz_redis(const uint8_t *bytes, size_t size)
{
    struct store *store = fuzz_store();

    talloc_free(store->redis);
    talloc_free(store->locks);
    store->redis = redis_link_new(store, store->config, store->counters);
    store->locks = lock_desk_new(store, store->config, store->counters);
    store->changes = gather_new(store, CHANGES_TOGETHER_MAX);
    store->lock_owner = 0;
    redis_bytes = bytes;
    redis_size = size;
}

static redisContext *connected(void)
{
    redisContext *context = must(calloc(1, sizeof(*context)));

    context->reader = must(redisReaderCreate());
    return context;
}

redisContext *redisConnectWithTimeout(const char *host, int port, const struct timeval limit)
{
    (void)host;
    (void)port;
    (void)limit;
    return connected();
}

redisContext *redisConnectUnixWithTimeout(const char *path, const struct timeval limit)
{
    (void)path;
    (void)limit;
    return connected();
}

int redisSetTimeout(redisContext *context, const struct timeval limit)
{
    (void)context;
    (void)limit;
    return REDIS_OK;
}

/* Which run it is: all that is asked this way. */
void *redisCommand(redisContext *context, const char *format, ...)
{
    redisReply *reply = must(calloc(1, sizeof(*reply)));

    (void)context;
    (void)format;
    reply->type = REDIS_REPLY_STRING;
    reply->str = must(strdup("run_id:1\r\n"));
    reply->len = strlen(reply->str);
    return reply;
}

void redisFree(redisContext *context)
{
    redisReaderFree(context->reader);
    free(context);
}

/* hiredis takes any announced length at its word: whoever can send that is Redis, and owns all there is. */
static bool is_bounded(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i + 1 < size; i++) {
        if (bytes[i] != '*' && bytes[i] != '$')
            continue;
        size_t digits = 0;
        while (i + 1 + digits < size && bytes[i + 1 + digits] >= '0' && bytes[i + 1 + digits] <= '9')
            digits++;
        if (digits > 4)
            return false;
    }
    return true;
}

int redisAppendCommandArgv(redisContext *context, int argc, const char **argv, const size_t *lengths)
{
    assert(lengths == NULL);
    for (int i = 0; i < argc; i++)
        assert(strlen(argv[i]) < SIZE_MAX);
    if (is_bounded(redis_bytes, redis_size))
        redisReaderFeed(context->reader, (const char *)redis_bytes, redis_size);
    redis_size = 0;
    return REDIS_OK;
}

int redisGetReply(redisContext *context, void **reply)
{
    *reply = NULL;
    if (redisReaderGetReply(context->reader, reply) == REDIS_OK && *reply != NULL)
        return REDIS_OK;
    context->err = REDIS_ERR_EOF;
    strcpy(context->errstr, "the input has ended");
    return REDIS_ERR;
}

/* ---- passwords: 40 ms a time would be all that happens ---------------------------------------------------------- */

int crypto_pwhash_str_alg(char out[crypto_pwhash_STRBYTES], const char *const password, unsigned long long length,
                          unsigned long long passes, size_t bytes, int algorithm)
{
    (void)passes;
    (void)bytes;
    (void)algorithm;
    assert(strlen(password) == length);
    strcpy(out, "$argon2id$");
    return 0;
}

int crypto_pwhash_str_verify(const char hash[crypto_pwhash_STRBYTES], const char *const password,
                             unsigned long long length)
{
    (void)hash;
    assert(strlen(password) == length);
    return password[0] == 'g' ? 0 : -1;
}

/* ---- the rest of the world -------------------------------------------------------------------------------------- */

const char *fuzz_file(const uint8_t *bytes, size_t size)
{
    static char path[64];
    static int file = -1;

    if (file < 0) {
        file = memfd_create("fuzz", 0);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    }
    assert(file >= 0 && ftruncate(file, 0) == 0 && pwrite(file, bytes, size, 0) == (ssize_t)size);
    return path;
}

static struct store *make_store(void)
{
    static const char key[] = "1:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
    struct store *store = must(talloc_zero(NULL, struct store));
    struct config *config = must(talloc(store, struct config));

    *config = *config_read(store, NULL);
    config->points_lock_wait_ms = 0;
    config->sign_in_failures_per_address = 1000;
    store->config = config;
    store->keys = must(secret_keys_read(store, fuzz_file((const uint8_t *)key, strlen(key))));
    store->counters = must(talloc_zero(store, struct counters));
    store->concerts = concert_cache_new(store);
    store->locks = lock_desk_new(store, config, store->counters);
    store->changes = gather_new(store, CHANGES_TOGETHER_MAX);
    store->mysql = mysql_link_new(store, config, store->counters);
    store->redis = redis_link_new(store, config, store->counters);
    return store;
}

struct store *fuzz_store(void)
{
    static struct store *store;

    if (store == NULL)
        store = make_store();
    return store;
}

/* As domain/session.c lays it out: version, role, session, account, end. */
static const char *token_of(enum role role)
{
    struct {
        uint8_t version;
        uint8_t role;
        uint8_t session_id[SESSION_ID_BYTES];
        uint64_t account_id;
        int64_t ends_ms;
    } __attribute__((packed)) token = {.version = 1, .role = (uint8_t)role, .account_id = 7, .ends_ms = INT64_MAX};

    return secret_seal(fuzz_store(), fuzz_store()->keys, "token", &token, sizeof(token));
}

const char *fuzz_token(enum role role)
{
    static const char *fan, *operator_;

    if (fan == NULL) {
        fan = token_of(ROLE_FAN);
        operator_ = token_of(ROLE_OPERATOR);
    }
    return role == ROLE_OPERATOR ? operator_ : fan;
}

const char *fuzz_ticket(void)
{
    static const char *ticket;

    if (ticket == NULL) {
        struct call call = {.mem = fuzz_store(), .store = fuzz_store(), .now_ms = 1800000000000, .account_id = 7};
        ticket = queue_ticket_seal(&call, 1, (struct queue_ticket){.number = 42});
    }
    return ticket;
}

const char *fuzz_entrance(void)
{
    static const char *ticket;

    if (ticket == NULL) {
        struct call call = {.mem = fuzz_store(), .store = fuzz_store(), .account_id = 7};
        fuzz_mysql(FUZZ_MYSQL_CHANGES);
        enum outcome outcome = ticket_make(&call, "20270301.1.7", &ticket);
        assert(outcome == OUTCOME_DONE);
    }
    return ticket;
}

static const char *stands_for(const uint8_t *at, size_t left)
{
    if (left < 2 || at[0] != '@')
        return NULL;
    switch (at[1]) {
    case 'F': return fuzz_token(ROLE_FAN);
    case 'O': return fuzz_token(ROLE_OPERATOR);
    case 'T': return fuzz_ticket();
    case 'D': return fuzz_entrance();
    default: return NULL;
    }
}

/* No byte becomes a NUL: the text would end there, and what is shorter is tried anyway. */
static void change(char *secret, size_t length, uint8_t place, uint8_t bits)
{
    char *byte = secret + place % length;

    *byte = (char)(*byte ^ bits);
    if (*byte == '\0')
        *byte = 'A';
}

char *fuzz_text(const void *mem, const uint8_t *bytes, size_t size)
{
    struct text *text = text_new(mem, size + 1);

    for (size_t i = 0; i < size; i++) {
        const char *secret = stands_for(bytes + i, size - i);
        if (secret == NULL) {
            const uint8_t *next = memchr(bytes + i + 1, '@', size - i - 1);
            size_t length = next == NULL ? size - i : (size_t)(next - bytes) - i;
            text_add(text, bytes + i, length);
            i += length - 1;
            continue;
        }
        text_put(text, secret);
        for (i++; size - i > 3 && bytes[i + 1] == '^'; i += 3)
            change(text->bytes + text->length - strlen(secret), strlen(secret), bytes[i + 2], bytes[i + 3]);
    }
    return text->bytes;
}
