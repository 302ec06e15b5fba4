/*
 * Running a script of one concert: keys of one hash tag, the caller's session checked in the same
 * round trip, and a concert that Redis has lost brought back from MySQL.
 */
#ifndef FRONTROW_STORE_CONCERT_SCRIPTS_H
#define FRONTROW_STORE_CONCERT_SCRIPTS_H

#include <hiredis/hiredis.h>

#include "base/call.h"
#include "store/scripts.h"

struct concert_later;

/*
 * Run a script that starts with "-- include: concert". A name "wait" becomes the key "wait:{c5}",
 * "held:7" becomes "held:{c5}:7"; the two keys and the two arguments that the include wants are added.
 * The script answers with an array whose first element is a word.
 *
 * Ends DONE with *reply on call->mem, NOT_SIGNED_IN, NOT_FOUND (no such concert) or UNAVAILABLE.
 * The script may run twice when an answer was lost: it must be safe to repeat.
 */
enum outcome concert_script(struct call *call, uint64_t concert_id, enum script script, const char *const *names,
                            size_t names_count, const char *const *args, size_t args_count, const redisReply **reply);

/* Run it along with the next thing that is asked of Redis, as redis_script_along() says; a lost concert stays lost. */
void concert_script_along(struct call *call, uint64_t concert_id, enum script script, const char *const *names,
                          size_t names_count, const char *const *args, size_t args_count);

/*
 * Ask along with the next thing that is asked of Redis; concert_later_reply() ends as concert_script() does, and asks
 * itself when the answer did not come.
 */
struct concert_later *concert_script_later(struct call *call, uint64_t concert_id, enum script script,
                                           const char *const *names, size_t names_count, const char *const *args,
                                           size_t args_count);
enum outcome concert_later_reply(struct call *call, const struct concert_later *later, const redisReply **reply);

/* The key that a name stands for, on call->mem. */
const char *concert_key(struct call *call, uint64_t concert_id, const char *name);

#endif
