#include "store/sessions.h"

#include <inttypes.h>
#include <string.h>
#include <talloc.h>

#include "base/log.h"
#include "base/must.h"
#include "base/secret.h"
#include "store/concert_scripts.h"
#include "store/concerts.h"
#include "store/mysql.h"
#include "store/redis.h"
#include "store/store.h"
#include "store/transaction.h"

enum { SESSIONS_PER_COMMAND = 100, LOADER_BYTES = 8, LOAD_TRIES = 3, SESSION_TEXT_SIZE = 2 * SESSION_ID_BYTES + 1 };

#define REVOKED_FOR_ALL "revoked:{all}"

struct revoked_session {
    char id[SESSION_TEXT_SIZE]; /* hex, as in Redis */
    int64_t ends_ms;
};

static enum tx insert_revoked(struct call *call, void *args)
{
    (void)args;
    int64_t rows = sql_change(call->store->mysql, SQL_SESSIONS_INSERT_REVOKED,
                              SQL_ARGS(sql_bytes(call->session_id, sizeof(call->session_id)), sql_u64(call->account_id),
                                       sql_time(call->session_ends_ms)));

    return rows < 0 ? tx_failure(rows) : TX_KEEP;
}

static const char *milliseconds(struct call *call, int64_t unix_ms)
{
    return must(talloc_asprintf(call->mem, "%" PRId64, unix_ms));
}

/* Run a script that takes "end, id" pairs after its first words, a bounded number of them at a time. */
static enum outcome put_in_steps(struct call *call, enum script script, const char *key, const char *const *first,
                                 size_t first_count, const struct revoked_session *sessions, size_t count)
{
    const char *args[2 + 2 * SESSIONS_PER_COMMAND];

    for (size_t done = 0; done < count;) {
        size_t words = first_count;
        if (first_count > 0)
            memcpy(args, first, first_count * sizeof(*first));
        for (; done < count && words < first_count + 2 * SESSIONS_PER_COMMAND; done++) {
            args[words++] = milliseconds(call, sessions[done].ends_ms);
            args[words++] = sessions[done].id;
        }
        const redisReply *reply = redis_script(call->store->redis, call->mem, script, REDIS_TEXTS(key), args, words);
        if (reply == NULL || !redis_reply_is(redis_reply_at(reply, 0), "done"))
            return OUTCOME_UNAVAILABLE;
    }
    return OUTCOME_DONE;
}

static enum outcome revoke_in(struct call *call, const char *key, const struct revoked_session *session)
{
    return put_in_steps(call, SCRIPT_SESSIONS_REVOKE, key, REDIS_NONE, session, 1);
}

static enum outcome revoke_in_redis(struct call *call, const struct revoked_session *session)
{
    uint64_t *concert_ids;
    size_t count;
    enum outcome outcome = concerts_running(call, &concert_ids, &count);

    for (size_t i = 0; outcome == OUTCOME_DONE && i < count; i++)
        outcome = revoke_in(call, concert_key(call, concert_ids[i], "revoked"), session);
    return outcome == OUTCOME_DONE ? revoke_in(call, REVOKED_FOR_ALL, session) : outcome;
}

enum outcome sessions_revoke(struct call *call)
{
    struct revoked_session session = {.ends_ms = call->session_ends_ms};

    secret_hex(call->session_id, sizeof(call->session_id), session.id);
    /* An unknown end of the transaction is a failure here: the caller asks again, and writing it twice is harmless. */
    if (transact(call, insert_revoked, NULL) != TRANSACTION_KEPT)
        return OUTCOME_UNAVAILABLE;
    return revoke_in_redis(call, &session);
}

static enum outcome read_revoked(struct call *call, struct revoked_session **sessions, size_t *count)
{
    struct sql_rows rows;

    if (sql_select(call->store->mysql, call->mem, SQL_SESSIONS_REVOKED, SQL_ARGS(sql_time(call->now_ms)), &rows) != 0)
        return OUTCOME_UNAVAILABLE;
    *count = rows.count;
    *sessions = must(talloc_zero_array(call->mem, struct revoked_session, rows.count + 1));
    for (size_t i = 0; i < rows.count; i++) {
        secret_hex(sql_string(&rows, i, 0), SESSION_ID_BYTES, (*sessions)[i].id);
        (*sessions)[i].ends_ms = sql_time_ms(&rows, i, 1);
    }
    return OUTCOME_DONE;
}

static enum outcome load_step(struct call *call, const char *key, const char *loader, const char *step)
{
    const redisReply *reply = redis_script(call->store->redis, call->mem, SCRIPT_SESSIONS_LOAD, REDIS_TEXTS(key),
                                           REDIS_TEXTS(loader, step, redis_run(call->store->redis)));

    return reply != NULL && redis_reply_is(redis_reply_at(reply, 0), "done") ? OUTCOME_DONE : OUTCOME_UNAVAILABLE;
}

enum outcome sessions_load_revoked(struct call *call, const char *key)
{
    uint8_t bytes[LOADER_BYTES];
    char loader[2 * LOADER_BYTES + 1];
    struct revoked_session *sessions;
    size_t count;

    secret_random(bytes, sizeof(bytes));
    secret_hex(bytes, sizeof(bytes), loader);
    enum outcome outcome = load_step(call, key, loader, "begin");
    if (outcome == OUTCOME_DONE)
        outcome = read_revoked(call, &sessions, &count);
    if (outcome == OUTCOME_DONE)
        outcome = put_in_steps(call, SCRIPT_SESSIONS_LOAD, key, REDIS_TEXTS(loader, "add"), sessions, count);
    if (outcome == OUTCOME_DONE)
        outcome = load_step(call, key, loader, "end");
    if (outcome == OUTCOME_DONE)
        log_info("sessions_loaded key=%s count=%zu", key, count);
    return outcome;
}

enum outcome sessions_check(struct call *call)
{
    char id[SESSION_TEXT_SIZE];

    secret_hex(call->session_id, sizeof(call->session_id), id);
    for (int tries = 0; tries < LOAD_TRIES; tries++) {
        const redisReply *reply =
            redis_script(call->store->redis, call->mem, SCRIPT_SESSIONS_CHECK, REDIS_TEXTS(REVOKED_FOR_ALL),
                         REDIS_TEXTS(id, redis_run(call->store->redis)));
        if (reply == NULL)
            return OUTCOME_UNAVAILABLE;
        const redisReply *word = redis_reply_at(reply, 0);
        if (redis_reply_is(word, "good"))
            return OUTCOME_DONE;
        if (redis_reply_is(word, "signed_out"))
            return OUTCOME_NOT_SIGNED_IN;
        sessions_load_revoked(call, REVOKED_FOR_ALL); /* Whether it worked is what the next look says. */
    }
    return OUTCOME_UNAVAILABLE;
}
