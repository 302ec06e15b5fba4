#include "store/sign_in_attempts.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "base/secret.h"
#include "store/redis.h"
#include "store/store.h"

enum { ID_BYTES = 16, ID_TEXT_SIZE = 2 * ID_BYTES + 1, IPV6_NETWORK_BYTES = 8 };

struct sign_in_attempt {
    char id[ID_TEXT_SIZE];
    const char *pair_key; /* one account from one address */
    const char *account_key;
    const char *address_key;
};

/* A fingerprint, because what people type into the field may be anything, a password too. */
static const char *fingerprint_key(struct call *call, const char *kind, const char *text)
{
    uint8_t bytes[ID_BYTES];
    char hex[ID_TEXT_SIZE];

    secret_fingerprint(text, strlen(text), bytes, sizeof(bytes));
    secret_hex(bytes, sizeof(bytes), hex);
    return must(talloc_asprintf(call->mem, "sign_in:{%s:%s}", kind, hex));
}

static const char *address_key(struct call *call)
{
    uint8_t bytes[sizeof(struct in6_addr)] = {0};
    char hex[2 * IPV6_NETWORK_BYTES + 1];

    if (inet_pton(AF_INET6, call->client_address, bytes) != 1)
        return must(talloc_asprintf(call->mem, "sign_in:{address:%s}", call->client_address));
    secret_hex(bytes, IPV6_NETWORK_BYTES, hex);
    return must(talloc_asprintf(call->mem, "sign_in:{address:%s::/64}", hex));
}

static enum outcome begin(struct call *call, const char *key, const char *id, long limit)
{
    const char *limit_text = must(talloc_asprintf(call->mem, "%ld", limit));
    const char *window = must(talloc_asprintf(call->mem, "%ld", call->store->config->sign_in_window_s * 1000));
    const redisReply *reply = redis_script(call->store->redis, call->mem, SCRIPT_SIGN_IN_BEGIN, REDIS_TEXTS(key),
                                           REDIS_TEXTS(id, limit_text, window));

    if (reply == NULL)
        return OUTCOME_UNAVAILABLE;
    if (redis_reply_is(redis_reply_at(reply, 0), "go"))
        return OUTCOME_DONE;
    return call_refuse_until(call, OUTCOME_TOO_MANY_REQUESTS, redis_reply_number(redis_reply_at(reply, 1)));
}

static void forgive(struct call *call, const char *key, const char *id)
{
    redis_command(call->store->redis, call->mem, REDIS_TEXTS("ZREM", key, id));
}

enum outcome sign_in_attempts_begin(struct call *call, const char *email, struct sign_in_attempt **attempt)
{
    const struct config *config = call->store->config;
    struct sign_in_attempt *fresh = must(talloc_zero(call->mem, struct sign_in_attempt));
    uint8_t id[ID_BYTES];

    secret_random(id, sizeof(id));
    secret_hex(id, sizeof(id), fresh->id);
    fresh->address_key = address_key(call);
    fresh->account_key = fingerprint_key(call, "account", email);
    fresh->pair_key = fingerprint_key(call, "pair", talloc_asprintf(call->mem, "%s %s", fresh->address_key, email));
    *attempt = fresh;
    enum outcome outcome = begin(call, fresh->address_key, fresh->id, config->sign_in_failures_per_address);
    if (outcome == OUTCOME_DONE)
        outcome = begin(call, fresh->pair_key, fresh->id, config->sign_in_failures_per_pair);
    if (outcome == OUTCOME_DONE)
        outcome = begin(call, fresh->account_key, fresh->id, config->sign_in_failures_per_account);
    /* What was refused here was no guess, and does not count anywhere. */
    if (outcome != OUTCOME_DONE)
        sign_in_attempts_forgive(call, fresh);
    return outcome;
}

void sign_in_attempts_forgive(struct call *call, const struct sign_in_attempt *attempt)
{
    forgive(call, attempt->pair_key, attempt->id);
    forgive(call, attempt->account_key, attempt->id);
    forgive(call, attempt->address_key, attempt->id);
}
