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

struct question {
    uint64_t concert_id;
    enum script script;
    const char *keys[KEYS_MAX];
    size_t keys_count;
    const char *args[ARGS_MAX];
    size_t args_count;
};

struct concert_later {
    struct question question; /* asked again when the answer was lost or the concert is cold */
    struct redis_later *answer;
};

static void write_out(struct call *call, uint64_t concert_id, enum script script, const char *const *names,
                      size_t names_count, const char *const *args, size_t args_count, struct question *question)
{
    struct tag tag = tag_of(concert_id);

    if (names_count + 2 > KEYS_MAX || args_count + 2 > ARGS_MAX)
        abort();
    question->concert_id = concert_id;
    question->script = script;
    for (size_t i = 0; i < names_count; i++)
        question->keys[i] = tagged(call, &tag, names[i]);
    question->keys[names_count] = tagged(call, &tag, "concert");
    question->keys[names_count + 1] = tagged(call, &tag, "revoked");
    question->keys_count = names_count + 2;
    if (args_count > 0)
        memcpy(question->args, args, args_count * sizeof(*args));
    question->args[args_count] = redis_run(call->store->redis);
    question->args[args_count + 1] = session_text(call);
    question->args_count = args_count + 2;
}

/* Until the concert is warm; the first answer may have come already. */
static enum outcome ask(struct call *call, const struct question *question, const redisReply *answer,
                        const redisReply **reply)
{
    for (int tries = 0; tries < 2; tries++) {
        if (answer == NULL)
            answer = redis_script(call->store->redis, call->mem, question->script, question->keys, question->keys_count,
                                  question->args, question->args_count);
        if (answer == NULL)
            return OUTCOME_UNAVAILABLE;
        const redisReply *word = redis_reply_at(answer, 0);
        if (redis_reply_is(word, "signed_out"))
            return OUTCOME_NOT_SIGNED_IN;
        if (!redis_reply_is(word, "cold")) {
            *reply = answer;
            return OUTCOME_DONE;
        }
        enum outcome outcome = concert_warm_up(call, question->concert_id);
        if (outcome != OUTCOME_DONE)
            return outcome;
        answer = NULL;
    }
    return OUTCOME_UNAVAILABLE;
}

enum outcome concert_script(struct call *call, uint64_t concert_id, enum script script, const char *const *names,
                            size_t names_count, const char *const *args, size_t args_count, const redisReply **reply)
{
    struct question question;

    write_out(call, concert_id, script, names, names_count, args, args_count, &question);
    return ask(call, &question, NULL, reply);
}

void concert_script_along(struct call *call, uint64_t concert_id, enum script script, const char *const *names,
                          size_t names_count, const char *const *args, size_t args_count)
{
    struct question question;

    write_out(call, concert_id, script, names, names_count, args, args_count, &question);
    redis_script_along(call->store->redis, script, question.keys, question.keys_count, question.args,
                       question.args_count);
}

struct concert_later *concert_script_later(struct call *call, uint64_t concert_id, enum script script,
                                           const char *const *names, size_t names_count, const char *const *args,
                                           size_t args_count)
{
    struct concert_later *later = must(talloc(call->mem, struct concert_later));
    struct question *question = &later->question;

    write_out(call, concert_id, script, names, names_count, args, args_count, question);
    later->answer = redis_script_later(call->store->redis, call->mem, script, question->keys, question->keys_count,
                                       question->args, question->args_count);
    return later;
}

enum outcome concert_later_reply(struct call *call, const struct concert_later *later, const redisReply **reply)
{
    return ask(call, &later->question, redis_later_reply(later->answer), reply);
}
