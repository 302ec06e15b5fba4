#include "store/locks.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "store/lock_desk.h"
#include "store/redis.h"
#include "store/store.h"

enum { RETRY_AFTER_MS = 1000, TRIES_MAX = 2, AT_ONCE = 0 };

struct lock {
    struct lock_place *place;
    int64_t lease_ms;
    char name[LOCK_NAME_SIZE];
    char owner[LOCK_OWNER_SIZE];
    struct redis_later *released; /* the release was asked for along with something */
    unsigned takes_left;
};

enum answer { ANSWER_TAKEN, ANSWER_HELD, ANSWER_UNKNOWN };

static uint64_t owner_of(struct store *store)
{
    if (store->lock_owner == 0)
        store->lock_owner = lock_desk_number(store->locks);
    return store->lock_owner;
}

/*
 * A script whose answer was lost may still run, whenever Redis gets to it. Nothing that it does
 * to an owner who is never heard of again can hurt, so the thread goes on under another number.
 */
static void forget_owner(struct store *store)
{
    store->lock_owner = 0;
}

static redisReply *ask_to_take(struct call *call, const struct lock *lock)
{
    char lease_text[24];

    snprintf(lease_text, sizeof(lease_text), "%" PRId64, lock->lease_ms);
    return redis_script_once(call->store->redis, call->mem, SCRIPT_LOCKS_TAKE, REDIS_TEXTS(lock->name),
                             REDIS_TEXTS(lease_text, lock->owner));
}

/* Whether the take whose answer was lost happened. */
static enum answer look(struct call *call, const struct lock *lock, long long takes)
{
    redisReply *count = redis_command(call->store->redis, call->mem, REDIS_TEXTS("HGET", lock->name, lock->owner));

    if (count == NULL || (count->type != REDIS_REPLY_STRING && count->type != REDIS_REPLY_NIL))
        return ANSWER_UNKNOWN;
    return redis_reply_number(count) >= takes ? ANSWER_TAKEN : ANSWER_HELD;
}

static enum answer read_answer(const redisReply *reply, int64_t *left_ms)
{
    if (redis_reply_is(redis_reply_at(reply, 0), "taken"))
        return ANSWER_TAKEN;
    *left_ms = redis_reply_number(redis_reply_at(reply, 1));
    return ANSWER_HELD;
}

static enum answer try_to_take(struct call *call, struct lock *lock, int64_t *left_ms)
{
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        unsigned takes = lock_desk_takes(lock->place);
        uint64_t owner = owner_of(call->store);
        lock_desk_owner_text(call->store->locks, owner, lock->owner);
        redisReply *reply = ask_to_take(call, lock);
        enum answer answer = reply != NULL ? read_answer(reply, left_ms) : look(call, lock, takes + 1);
        if (answer == ANSWER_TAKEN)
            lock_desk_have(lock->place, owner, lock->lease_ms);
        if (answer == ANSWER_TAKEN || reply != NULL)
            return answer;
        /* Who has the lock already keeps the number; its release says how many takes are left. */
        if (takes == 0)
            forget_owner(call->store);
        if (answer == ANSWER_UNKNOWN)
            break;
    }
    return ANSWER_UNKNOWN;
}

static enum outcome wait_and_take(struct call *call, struct lock *lock, int64_t wait_ms)
{
    int64_t deadline_ns = clock_steady_ns() + wait_ms * 1000000;
    int64_t left_ms = 0;

    /* What is to go along with a question to Redis does not stand in line with us. */
    bool mine = lock_desk_await(lock->place, AT_ONCE);
    if (!mine)
        redis_flush(call->store->redis);
    for (; mine || lock_desk_await(lock->place, deadline_ns); mine = false) {
        switch (try_to_take(call, lock, &left_ms)) {
        case ANSWER_TAKEN: return OUTCOME_DONE;
        case ANSWER_HELD: lock_desk_not_yet(lock->place, left_ms); break;
        case ANSWER_UNKNOWN: return OUTCOME_UNAVAILABLE;
        }
    }
    return call_refuse_until(call, OUTCOME_BUSY, RETRY_AFTER_MS);
}

enum outcome locks_take(struct call *call, const char *name, const struct lock_terms *terms, struct lock **lock)
{
    struct lock *taken = must(talloc_zero(call->mem, struct lock));

    assert(strlen(name) < LOCK_NAME_SIZE);
    strcpy(taken->name, name);
    taken->lease_ms = terms->lease_ms;
    taken->place = lock_desk_enter(call->store->locks, taken, name, owner_of(call->store), terms->places_max);
    if (taken->place == NULL) {
        talloc_free(taken);
        redis_flush(call->store->redis);
        return call_refuse_until(call, OUTCOME_TOO_MANY_REQUESTS, RETRY_AFTER_MS);
    }
    enum outcome outcome = wait_and_take(call, taken, terms->wait_ms);
    if (outcome == OUTCOME_DONE)
        *lock = taken;
    else
        talloc_free(taken);
    return outcome;
}

/* The script's words, as many places as there are. */
struct release {
    char channel[LOCK_CHANNEL_SIZE];
    char lease_text[24];
    char left_text[16];
};

static void write_release(const struct lock *lock, struct release *release)
{
    lock_channel(lock->name, release->channel);
    snprintf(release->lease_text, sizeof(release->lease_text), "%" PRId64, lock->lease_ms);
    snprintf(release->left_text, sizeof(release->left_text), "%u", lock->takes_left);
}

static redisReply *ask_to_release(struct call *call, const struct lock *lock)
{
    struct release release;

    write_release(lock, &release);
    return redis_script_once(call->store->redis, call->mem, SCRIPT_LOCKS_RELEASE,
                             REDIS_TEXTS(lock->name, release.channel),
                             REDIS_TEXTS(release.lease_text, lock->owner, release.left_text));
}

void locks_release_along(struct call *call, struct lock *lock)
{
    struct release release;

    lock->takes_left = lock_desk_give(lock->place);
    write_release(lock, &release);
    lock->released = redis_script_later(call->store->redis, call->mem, SCRIPT_LOCKS_RELEASE,
                                        REDIS_TEXTS(lock->name, release.channel),
                                        REDIS_TEXTS(release.lease_text, lock->owner, release.left_text));
}

/* What the first release came to: the one that went along, or one now. */
static redisReply *first_release(struct call *call, struct lock *lock)
{
    if (lock->released != NULL)
        return redis_later_reply(lock->released);
    lock->takes_left = lock_desk_give(lock->place);
    return ask_to_release(call, lock);
}

static enum lock_end release(struct call *call, struct lock *lock)
{
    redisReply *reply = first_release(call, lock);
    bool again = reply == NULL;

    if (again) {
        /* The lost one may come late and must not meet a new take under the same number. */
        forget_owner(call->store);
        reply = ask_to_release(call, lock);
    }
    if (reply == NULL)
        return LOCK_UNKNOWN;
    if (redis_reply_is(redis_reply_at(reply, 0), "kept"))
        return LOCK_KEPT;
    if (redis_reply_is(redis_reply_at(reply, 0), "free") || again)
        return LOCK_FREED;
    return LOCK_LOST;
}

enum lock_end locks_release(struct call *call, struct lock *lock)
{
    enum lock_end end = release(call, lock);

    if (end == LOCK_LOST)
        log_warning("lock_lost name=%s lease_ms=%" PRId64, lock->name, lock->lease_ms);
    if (end == LOCK_UNKNOWN)
        log_error("lock_left name=%s lease_ms=%" PRId64, lock->name, lock->lease_ms);
    talloc_free(lock);
    return end;
}

bool locks_force_unlock(struct call *call, const char *name)
{
    char channel[LOCK_CHANNEL_SIZE];

    assert(strlen(name) < LOCK_NAME_SIZE);
    lock_channel(name, channel);
    /* Said twice it frees nobody else's lock only by luck, so it is said once. */
    redisReply *reply = redis_script_once(call->store->redis, call->mem, SCRIPT_LOCKS_FORCE_UNLOCK,
                                          REDIS_TEXTS(name, channel), REDIS_NONE);
    return reply != NULL && redis_reply_is(redis_reply_at(reply, 0), "free");
}
