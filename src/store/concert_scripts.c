#include "store/concert_scripts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "base/secret.h"
#include "store/concert_warm_up.h"
#include "store/redis.h"
#include "store/store.h"

enum { KEYS_MAX = 24, ARGS_MAX = 64 };

const char *concert_key(struct call *call, uint64_t concert_id, const char *name)
{
    const char *rest = strchrnul(name, ':');

    return must(talloc_asprintf(call->mem, "%.*s:{c%" PRIu64 "}%s", (int)(rest - name), name, concert_id, rest));
}

/* The caller's session as the scripts know it; empty for calls that no session makes. */
static const char *session_text(struct call *call)
{
    char hex[SESSION_ID_BYTES * 2 + 1] = "";

    if (call->session_ends_ms != 0)
        secret_hex(call->session_id, sizeof(call->session_id), hex);
    return must(talloc_strdup(call->mem, hex));
}

enum outcome concert_script(struct call *call, uint64_t concert_id, enum script script, const char *const *names,
                            size_t names_count, const char *const *args, size_t args_count, const redisReply **reply)
{
    const char *keys[KEYS_MAX];
    const char *all_args[ARGS_MAX];

    if (names_count + 2 > KEYS_MAX || args_count + 1 > ARGS_MAX)
        abort();
    for (size_t i = 0; i < names_count; i++)
        keys[i] = concert_key(call, concert_id, names[i]);
    keys[names_count] = concert_key(call, concert_id, "concert");
    keys[names_count + 1] = concert_key(call, concert_id, "revoked");
    if (args_count > 0)
        memcpy(all_args, args, args_count * sizeof(*args));
    all_args[args_count] = session_text(call);

    for (int tries = 0; tries < 2; tries++) {
        const redisReply *answer =
            redis_script(call->store->redis, call->mem, script, keys, names_count + 2, all_args, args_count + 1);
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
