/*
 * The link to Redis: commands and compiled-in Lua scripts (store/lua/).
 *
 * A link belongs to one thread. It connects when first needed and again when it was lost; every
 * wait has a limit (redis.timeout_ms). A command whose answer was lost is sent once more on a new
 * connection, so everything that goes through here must be safe to repeat; what is not (locks)
 * uses redis_script_once().
 */
#ifndef FRONTROW_STORE_REDIS_H
#define FRONTROW_STORE_REDIS_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/config.h"
#include "base/counters.h"
#include "store/scripts.h"

struct redis_link;
struct redis_later;

struct redis_link *redis_link_new(const void *mem, const struct config *config, struct counters *counters);

#define REDIS_TEXTS(...)                                                                                               \
    (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)
#define REDIS_NONE NULL, 0

/*
 * Send one command. The reply hangs on mem; NULL when there is none or it is an error: that was logged. Of which form
 * it is depends on what stands in Redis, so ask for its type before reading it.
 */
redisReply *redis_command(struct redis_link *link, const void *mem, const char *const *words, size_t count);

/*
 * Run a script: EVALSHA, and EVAL when Redis does not know it yet. NULL as above, and for a reply that is not of the
 * form that the script's "-- answer:" gives.
 */
redisReply *redis_script(struct redis_link *link, const void *mem, enum script script, const char *const *keys,
                         size_t keys_count, const char *const *args, size_t args_count);

/* The same for a script that must not run twice: it is never sent again after a lost answer. */
redisReply *redis_script_once(struct redis_link *link, const void *mem, enum script script, const char *const *keys,
                              size_t keys_count, const char *const *args, size_t args_count);

/*
 * Run a script together with the next command on this link, just before it, for no round trip of its own. Nobody hears
 * its answer, and it is lost with the link: only for what something else brings about, if later.
 */
void redis_script_along(struct redis_link *link, enum script script, const char *const *keys, size_t keys_count,
                        const char *const *args, size_t args_count);

/*
 * The same, with an answer: it is there once the next question on this link was answered, or redis_flush() was called.
 * Belongs to mem, and so must the link's thread be done with it before mem goes in another one.
 */
struct redis_later *redis_script_later(struct redis_link *link, const void *mem, enum script script,
                                       const char *const *keys, size_t keys_count, const char *const *args,
                                       size_t args_count);

/* NULL when it is not known whether the script has run, and for what redis_script() says NULL for. */
redisReply *redis_later_reply(const struct redis_later *later);

/* Send what waits to go along, and hear its answers. */
void redis_flush(struct redis_link *link);

/*
 * Which run of Redis the link leads to. The text is the link's own and changes when it connects: as a word of a command
 * or script it says which run that very command reaches, however often the connection is lost before.
 */
const char *redis_run(const struct redis_link *link);

/* A new connection to the same server with its time limits set; NULL when there is none. For subscribers. */
redisContext *redis_connect(const struct config *config);

/* Reading replies whose form is known; asking one for what it does not have ends the process. */
const char *redis_reply_text(const redisReply *reply);
long long redis_reply_number(const redisReply *reply);
const redisReply *redis_reply_at(const redisReply *reply, size_t index);
bool redis_reply_is(const redisReply *reply, const char *text);

#endif
