#include "store/concert_scripts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "base/secret.h"
#include "store/concert_warm_up.h"
#include "store/redis.h"
#include "store/store.h"

enum { KEYS_MAX = 24, ARGS_MAX = 208 };

/* What stands between a key's name and its rest: ":{c5}". */
struct tag {
    char text[32];
    size_t length;
};

static struct tag tag_of(uint64_t concert_id)
{
    struct tag tag;

    tag.length = (size_t)snprintf(tag.text, sizeof(tag.text), ":{c%" PRIu64 "}", concert_id);
    return tag;
}

/* A dozen of these a request: put together by hand they cost a tenth of what printf takes. */
static const char *tagged(struct call *call, const struct tag *tag, const char *name)
{
    size_t length = strlen(name);
    size_t noun = (size_t)(strchrnul(name, ':') - name);
    char *key = must(talloc_size(call->mem, length + tag->length + 1));

    memcpy(key, name, noun);
    memcpy(key + noun, tag->text, tag->length);
    memcpy(key + noun + tag->length, name + noun, length - noun + 1);
    return key;
}

const char *concert_key(struct call *call, uint64_t concert_id, const char *name)
{
    struct tag tag = tag_of(concert_id);

    return tagged(call, &tag, name);
}

/* The caller's session as the scripts know it; empty for calls that no session makes. */
static const char *session_text(struct call *call)
{
    char hex[SESSION_ID_BYTES * 2 + 1] = "";

    if (call->session_ends_ms != 0)
        secret_hex(call->session_id, sizeof(call->session_id), hex);
    return must(talloc_strdup(call->mem, hex));
}

struct asked {
    const char *keys[KEYS_MAX];
    size_t keys_count;
    const char *args[ARGS_MAX];
    size_t args_count;
};

static void write_out(struct call *call, uint64_t concert_id, const char *const *names, size_t names_count,
                      const char *const *args, size_t args_count, struct asked *asked)
{
    struct tag tag = tag_of(concert_id);

    if (names_count + 2 > KEYS_MAX || args_count + 2 > ARGS_MAX)
        abort();
    for (size_t i = 0; i < names_count; i++)
        asked->keys[i] = tagged(call, &tag, names[i]);
    asked->keys[names_count] = tagged(call, &tag, "concert");
    asked->keys[names_count + 1] = tagged(call, &tag, "revoked");
    asked->keys_count = names_count + 2;
    if (args_count > 0)
        memcpy(asked->args, args, args_count * sizeof(*args));
    asked->args[args_count] = redis_run(call->store->redis);
    asked->args[args_count + 1] = session_text(call);
    asked->args_count = args_count + 2;
}

enum outcome concert_script(struct call *call, uint64_t concert_id, enum script script, const char *const *names,
                            size_t names_count, const char *const *args, size_t args_count, const redisReply **reply)
{
    struct asked asked;

    write_out(call, concert_id, names, names_count, args, args_count, &asked);
    for (int tries = 0; tries < 2; tries++) {
        const redisReply *answer = redis_script(call->store->redis, call->mem, script, asked.keys, asked.keys_count,
                                                asked.args, asked.args_count);
        if (answer == NULL)
            return OUTCOME_UNAVAILABLE;
        const redisReply *word = redis_reply_at(answer, 0);
        if (redis_reply_is(word, "signed_out"))
            return OUTCOME_NOT_SIGNED_IN;
        if (!redis_reply_is(word, "cold")) {
            *reply = answer;
            return OUTCOME_DONE;
        }
        enum outcome outcome = concert_warm_up(call, concert_id);
        if (outcome != OUTCOME_DONE)
            return outcome;
    }
    return OUTCOME_UNAVAILABLE;
}

void concert_script_along(struct call *call, uint64_t concert_id, enum script script, const char *const *names,
                          size_t names_count, const char *const *args, size_t args_count)
{
    struct asked asked;

    write_out(call, concert_id, names, names_count, args, args_count, &asked);
    redis_script_along(call->store->redis, script, asked.keys, asked.keys_count, asked.args, asked.args_count);
}
