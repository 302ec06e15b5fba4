#include "store/redis.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "store/redis_form.h"

enum { WORDS_MAX = 256, BACK_OFF_MS = 100, ALONG_MAX = 128, RUN_SIZE = 64 };

struct redis_later {
    struct redis_link *link; /* that the answer is still to come from */
    const void *mem;
    redisReply *reply;
};

/* Sent, or about to be, and not heard of yet. */
struct along {
    enum script script;
    struct redis_later *later; /* NULL when nobody hears the answer */
};

struct redis_link {
    const struct config *config;
    struct counters *counters;
    redisContext *context;
    struct along along[ALONG_MAX];
    size_t along_count;
    bool unknown[SCRIPTS]; /* Redis did not have it when it was to run along with something */
    int64_t down_until_ns; /* after a failure refuse for a moment, so that waiting calls do not each wait it out */
    bool was_connected;
    char run[RUN_SIZE]; /* of the Redis that context leads to */
};

static int close_link(struct redis_link *link)
{
    if (link->context != NULL)
        redisFree(link->context);
    return 0;
}

struct redis_link *redis_link_new(const void *mem, const struct config *config, struct counters *counters)
{
    struct redis_link *link = must(talloc_zero(mem, struct redis_link));

    link->config = config;
    link->counters = counters;
    talloc_set_destructor(link, close_link);
    return link;
}

static struct timeval timeval_of(long milliseconds)
{
    return (struct timeval){.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
}

static bool authenticate(redisContext *context, const char *password)
{
    if (password[0] == '\0')
        return true;
    redisReply *reply = redisCommand(context, "AUTH %s", password);
    bool good = reply != NULL && reply->type == REDIS_REPLY_STATUS;
    if (reply != NULL)
        freeReplyObject(reply);
    return good;
}

redisContext *redis_connect(const struct config *config)
{
    struct timeval connect_limit = timeval_of(config->redis_connect_timeout_ms);
    struct timeval limit = timeval_of(config->redis_timeout_ms);
    redisContext *context =
        must(config->redis_socket[0] != '\0'
                 ? redisConnectUnixWithTimeout(config->redis_socket, connect_limit)
                 : redisConnectWithTimeout(config->redis_host, (int)config->redis_port, connect_limit));

    if (context->err == 0 && redisSetTimeout(context, limit) == REDIS_OK &&
        authenticate(context, config->redis_password))
        return context;
    log_error("redis_unreachable message=\"%s\"", context->err != 0 ? context->errstr : "not let in");
    redisFree(context);
    return NULL;
}

/* A Redis that was started anew is another run; a connection never outlives the one that it leads to. */
static bool learn_run(struct redis_link *link)
{
    redisReply *info = redisCommand(link->context, "INFO server");
    static const char name[] = "run_id:";
    const char *at = info == NULL || info->type != REDIS_REPLY_STRING ? NULL : strstr(info->str, name);

    if (at != NULL)
        snprintf(link->run, sizeof(link->run), "%.*s", (int)strcspn(at + strlen(name), "\r\n"), at + strlen(name));
    else
        log_error("redis_unreachable message=\"no run id\"");
    if (info != NULL)
        freeReplyObject(info);
    return at != NULL;
}

static bool open_link(struct redis_link *link)
{
    link->context = redis_connect(link->config);
    if (link->context != NULL && !learn_run(link)) {
        redisFree(link->context);
        link->context = NULL;
    }
    return link->context != NULL;
}

static bool connect_link(struct redis_link *link)
{
    if (link->context != NULL)
        return true;
    if (clock_steady_ns() < link->down_until_ns)
        return false;
    if (!open_link(link)) {
        link->down_until_ns = clock_steady_ns() + (int64_t)BACK_OFF_MS * 1000000;
        return false;
    }
    if (link->was_connected)
        counters_add(link->counters, COUNTER_redis_reconnects, 1);
    link->was_connected = true;
    return true;
}

/* Answers that have not come by now never will. */
static void forget_along(struct redis_link *link)
{
    for (size_t i = 0; i < link->along_count; i++)
        if (link->along[i].later != NULL)
            link->along[i].later->link = NULL;
    link->along_count = 0;
}

/* hiredis 0.14 forgets time limits in redisReconnect(): a broken connection is dropped, never mended. */
static void drop(struct redis_link *link)
{
    bool timed_out = link->context->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK);

    log_warning("redis_lost message=\"%s\"", link->context->errstr);
    if (timed_out)
        link->down_until_ns = clock_steady_ns() + (int64_t)BACK_OFF_MS * 1000000;
    redisFree(link->context);
    link->context = NULL;
    forget_along(link);
}

const char *redis_run(const struct redis_link *link)
{
    return link->run;
}

static bool is_unknown_script(const redisReply *reply)
{
    return reply != NULL && reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "NOSCRIPT", 8) == 0;
}

static int free_reply(redisReply **holder)
{
    freeReplyObject(*holder);
    return 0;
}

/* The reply on mem; NULL, logged, when Redis refused. */
static redisReply *keep(const void *mem, redisReply *reply, const char *what)
{
    if (reply == NULL)
        return NULL;
    if (reply->type == REDIS_REPLY_ERROR) {
        log_error("redis_refused what=%s message=\"%s\"", what, reply->str);
        freeReplyObject(reply);
        return NULL;
    }
    redisReply **holder = must(talloc(mem, redisReply *));
    *holder = reply;
    talloc_set_destructor(holder, free_reply);
    return reply;
}

/* An answer of another form than the script's own: whatever stands in Redis there, nobody has to read it. */
static redisReply *hold_to_form(redisReply *reply, enum script script)
{
    if (reply == NULL || redis_form_fits(script_texts[script].answer, reply))
        return reply;
    log_error("redis_nonsense script=%s", script_texts[script].name);
    return NULL;
}

static void hear(struct redis_link *link, const struct along *along, redisReply *reply)
{
    const char *name = script_texts[along->script].name;

    link->unknown[along->script] = is_unknown_script(reply);
    if (link->unknown[along->script] || along->later == NULL) {
        if (reply->type == REDIS_REPLY_ERROR && !link->unknown[along->script])
            log_error("redis_refused what=%s message=\"%s\"", name, reply->str);
        freeReplyObject(reply);
        return;
    }
    along->later->reply = hold_to_form(keep(along->later->mem, reply, name), along->script);
}

/* The answers to what went along come before the one that is waited for. */
static bool hear_along(struct redis_link *link)
{
    for (size_t i = 0; i < link->along_count; i++) {
        void *reply;
        if (redisGetReply(link->context, &reply) != REDIS_OK)
            return false;
        hear(link, &link->along[i], reply);
    }
    forget_along(link);
    return true;
}

static redisReply *converse(struct redis_link *link, const char **words, size_t count)
{
    void *reply;

    if (redisAppendCommandArgv(link->context, (int)count, words, NULL) != REDIS_OK || !hear_along(link) ||
        redisGetReply(link->context, &reply) != REDIS_OK)
        return NULL;
    return reply;
}

static redisReply *ask(struct redis_link *link, const char **words, size_t count, int tries)
{
    for (; tries > 0; tries--) {
        if (!connect_link(link))
            return NULL;
        redisReply *reply = converse(link, words, count);
        if (reply != NULL)
            return reply;
        drop(link);
    }
    return NULL;
}

redisReply *redis_command(struct redis_link *link, const void *mem, const char *const *words, size_t count)
{
    const char *copy[WORDS_MAX];

    if (count > WORDS_MAX)
        abort();
    memcpy(copy, words, count * sizeof(*words));
    return keep(mem, ask(link, copy, count, 2), words[0]);
}

struct evaluation {
    const char *words[WORDS_MAX];
    size_t count;
    char keys_count[8];
};

static void evaluate_by_sum(struct evaluation *evaluation, enum script script)
{
    evaluation->words[0] = "EVALSHA";
    evaluation->words[1] = script_texts[script].sha1;
}

static void evaluate_by_text(struct evaluation *evaluation, enum script script)
{
    evaluation->words[0] = "EVAL";
    evaluation->words[1] = script_texts[script].lua;
}

static void write_out(struct evaluation *evaluation, enum script script, const char *const *keys, size_t keys_count,
                      const char *const *args, size_t args_count)
{
    if (keys_count + args_count + 3 > WORDS_MAX)
        abort();
    evaluate_by_sum(evaluation, script);
    snprintf(evaluation->keys_count, sizeof(evaluation->keys_count), "%zu", keys_count);
    evaluation->words[2] = evaluation->keys_count;
    if (keys_count > 0)
        memcpy(evaluation->words + 3, keys, keys_count * sizeof(*keys));
    if (args_count > 0)
        memcpy(evaluation->words + 3 + keys_count, args, args_count * sizeof(*args));
    evaluation->count = 3 + keys_count + args_count;
}

static redisReply *run(struct redis_link *link, const void *mem, enum script script, const char *const *keys,
                       size_t keys_count, const char *const *args, size_t args_count, int tries)
{
    struct evaluation evaluation;

    write_out(&evaluation, script, keys, keys_count, args, args_count);
    redisReply *reply = ask(link, evaluation.words, evaluation.count, tries);
    if (is_unknown_script(reply)) {
        freeReplyObject(reply);
        evaluate_by_text(&evaluation, script);
        reply = ask(link, evaluation.words, evaluation.count, tries);
    }
    return hold_to_form(keep(mem, reply, script_texts[script].name), script);
}

redisReply *redis_script(struct redis_link *link, const void *mem, enum script script, const char *const *keys,
                         size_t keys_count, const char *const *args, size_t args_count)
{
    return run(link, mem, script, keys, keys_count, args, args_count, 2);
}

redisReply *redis_script_once(struct redis_link *link, const void *mem, enum script script, const char *const *keys,
                              size_t keys_count, const char *const *args, size_t args_count)
{
    return run(link, mem, script, keys, keys_count, args, args_count, 1);
}

/* Put it where the next question finds it; false when there is no room or no link. */
static bool send_along(struct redis_link *link, enum script script, const char *const *keys, size_t keys_count,
                       const char *const *args, size_t args_count, struct redis_later *later)
{
    struct evaluation evaluation;

    if (link->along_count == ALONG_MAX || !connect_link(link))
        return false;
    write_out(&evaluation, script, keys, keys_count, args, args_count);
    if (link->unknown[script])
        evaluate_by_text(&evaluation, script);
    if (redisAppendCommandArgv(link->context, (int)evaluation.count, evaluation.words, NULL) != REDIS_OK)
        return false;
    link->along[link->along_count++] = (struct along){script, later};
    return true;
}

void redis_script_along(struct redis_link *link, enum script script, const char *const *keys, size_t keys_count,
                        const char *const *args, size_t args_count)
{
    send_along(link, script, keys, keys_count, args, args_count, NULL);
}

static int stop_hearing(struct redis_later *later)
{
    for (size_t i = 0; later->link != NULL && i < later->link->along_count; i++)
        if (later->link->along[i].later == later)
            later->link->along[i].later = NULL;
    return 0;
}

struct redis_later *redis_script_later(struct redis_link *link, const void *mem, enum script script,
                                       const char *const *keys, size_t keys_count, const char *const *args,
                                       size_t args_count)
{
    struct redis_later *later = must(talloc_zero(mem, struct redis_later));

    later->mem = mem;
    if (send_along(link, script, keys, keys_count, args, args_count, later))
        later->link = link;
    talloc_set_destructor(later, stop_hearing);
    return later;
}

redisReply *redis_later_reply(const struct redis_later *later)
{
    return later->reply;
}

void redis_flush(struct redis_link *link)
{
    if (link->along_count > 0 && !hear_along(link))
        drop(link);
}

const char *redis_reply_text(const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_STRING && reply->type != REDIS_REPLY_STATUS)
        abort();
    return reply->str;
}

long long redis_reply_number(const redisReply *reply)
{
    if (reply->type == REDIS_REPLY_INTEGER)
        return reply->integer;
    if (reply->type == REDIS_REPLY_STRING)
        return atoll(reply->str);
    if (reply->type == REDIS_REPLY_NIL)
        return 0;
    abort();
}

const redisReply *redis_reply_at(const redisReply *reply, size_t index)
{
    if (reply->type != REDIS_REPLY_ARRAY || index >= reply->elements)
        abort();
    return reply->element[index];
}

bool redis_reply_is(const redisReply *reply, const char *text)
{
    return (reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS) && strcmp(reply->str, text) == 0;
}
