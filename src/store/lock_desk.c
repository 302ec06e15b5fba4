#include "store/lock_desk.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <talloc.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/secret.h"
#include "store/redis.h"

enum {
    BUCKETS = 256,
    TICK_MS = 1000,
    PING_AFTER_MS = 5000, /* of silence */
    DEAD_AFTER_MS = 8000,
    LINGER_MS = 1000,   /* a channel nobody waits on is kept for those who may come next */
    DEAF_LOOK_MS = 100, /* how often the first in line asks Redis while nothing can be heard */
    RECONNECT_MS = 50,  /* the first pause, doubled up to the last */
    RECONNECT_MS_MAX = 1000,
};

static const int64_t never_ns = INT64_MAX;

/* What the listener remembers of its link, on the steady clock. */
struct listening {
    redisContext *link;
    int64_t heard_ns;
    int64_t pinged_ns;
    int64_t swept_ns;
};

/* How far listening to a line's channel has come. */
enum ear { EAR_NONE, EAR_WANTED, EAR_ASKED, EAR_LISTENING };

/* Everybody of this process who wants or has one lock. It lives while it has places or an ear. */
struct lock_line {
    struct lock_line *next; /* in its bucket */
    struct lock_line *next_wanted;
    struct lock_place *first; /* of those who wait; holders are not in it */
    struct lock_place *last;
    unsigned places;

    /* The hold of this process, if it has one: whose, and how often taken. 0 is none. */
    uint64_t hold;
    uint64_t owner;
    unsigned takes;

    /* Asking Redis is due when news was heard since the last time, or at a time: the holder may be gone by then. */
    uint64_t news;
    uint64_t asked_at_news;
    int64_t ask_again_ns;

    enum ear ear;
    int64_t idle_since_ns;
    char name[LOCK_NAME_SIZE];
    char channel[LOCK_CHANNEL_SIZE];
};

struct lock_place {
    struct lock_desk *desk;
    struct lock_line *line;
    struct lock_place *next;
    bool waits; /* in the line's list */
    uint64_t hold;
    int64_t deadline_ns;
    pthread_cond_t moved;
};

struct lock_desk {
    const struct config *config;
    struct counters *counters;
    char uuid[SECRET_UUID_SIZE];

    pthread_mutex_t mutex; /* over everything below, and over memory hung on the desk */
    uint64_t number;
    struct lock_line *bucket[BUCKETS];
    struct lock_line *wanted;

    pthread_condattr_t steady;
    pthread_t listener;
    bool listener_runs;
    bool stopping;
    int poke; /* an eventfd: there are wanted channels, or it is time to stop */
};

static int64_t ns_of(int64_t ms)
{
    return ms * 1000000;
}

/* Names */

void lock_channel(const char *name, char channel[LOCK_CHANNEL_SIZE])
{
    /* The braces put lock and channel into one slot of a cluster; a name that has its own keeps them. */
    snprintf(channel, LOCK_CHANNEL_SIZE,
             strchr(name, '{') != NULL ? "redisson_lock__channel:%s" : "redisson_lock__channel:{%s}", name);
}

/* By the channel, not by the name: "a" and "{a}" are two locks with one channel. */
static struct lock_line **bucket_of(struct lock_desk *desk, const char *channel)
{
    uint32_t hash = 2166136261u;

    for (; *channel != '\0'; channel++)
        hash = (hash ^ (unsigned char)*channel) * 16777619u;
    return &desk->bucket[hash % BUCKETS];
}

/* Lines */

static struct lock_line *line_of(struct lock_desk *desk, const char *name)
{
    char channel[LOCK_CHANNEL_SIZE];

    lock_channel(name, channel);
    struct lock_line **bucket = bucket_of(desk, channel);
    for (struct lock_line *line = *bucket; line != NULL; line = line->next)
        if (strcmp(line->name, name) == 0)
            return line;
    struct lock_line *line = must(talloc_zero(desk, struct lock_line));
    assert(strlen(name) < sizeof(line->name));
    strcpy(line->name, name);
    strcpy(line->channel, channel);
    line->next = *bucket;
    return *bucket = line;
}

static void free_line(struct lock_desk *desk, struct lock_line *line)
{
    struct lock_line **at = bucket_of(desk, line->channel);

    while (*at != line)
        at = &(*at)->next;
    *at = line->next;
    talloc_free(line);
}

/* It is worth asking Redis. */
static bool is_due(const struct lock_line *line, int64_t now_ns)
{
    return line->news != line->asked_at_news || now_ns >= line->ask_again_ns;
}

/* Wake the first in line if it would otherwise sleep too long; nobody is woken for nothing. */
static void tell_first(struct lock_line *line)
{
    struct lock_place *first = line->first;

    if (first != NULL && (line->news != line->asked_at_news || line->ask_again_ns < first->deadline_ns))
        pthread_cond_signal(&first->moved);
}

static void append(struct lock_line *line, struct lock_place *place)
{
    place->waits = true;
    if (line->first == NULL)
        line->first = place;
    else
        line->last->next = place;
    line->last = place;
}

static void take_out(struct lock_line *line, struct lock_place *place)
{
    struct lock_place *before = NULL;

    for (struct lock_place *at = line->first; at != place; at = at->next)
        before = at;
    if (before == NULL)
        line->first = place->next;
    else
        before->next = place->next;
    if (line->last == place)
        line->last = before;
    place->next = NULL;
    place->waits = false;
}

/* The listener */

static void poke(struct lock_desk *desk)
{
    uint64_t one = 1;
    ssize_t written = write(desk->poke, &one, sizeof(one));

    /* Only a full counter can refuse, and that is poke enough. */
    (void)written;
}

static void want(struct lock_desk *desk, struct lock_line *line)
{
    line->ear = EAR_WANTED;
    line->next_wanted = desk->wanted;
    desk->wanted = line;
}

/* Something may have changed for the lock. Each process needs one caller to look: the first in line. */
static void hear(struct lock_line *line)
{
    line->news++;
    tell_first(line);
}

static bool send_words(redisContext *link, const char *command, const char *channel)
{
    const char *words[] = {command, channel};

    return redisAppendCommandArgv(link, channel != NULL ? 2 : 1, words, NULL) == REDIS_OK;
}

static bool flush(redisContext *link)
{
    int done = 0;

    while (!done)
        if (redisBufferWrite(link, &done) != REDIS_OK)
            return false;
    return true;
}

/* Subscribe to what was asked for since the last time. False when the desk closes or the link broke. */
static bool subscribe_wanted(struct lock_desk *desk, redisContext *link)
{
    bool good = true;

    pthread_mutex_lock(&desk->mutex);
    while (good && desk->wanted != NULL) {
        struct lock_line *line = desk->wanted;
        desk->wanted = line->next_wanted;
        line->ear = EAR_ASKED;
        good = send_words(link, "SUBSCRIBE", line->channel);
    }
    good = good && !desk->stopping;
    pthread_mutex_unlock(&desk->mutex);
    return good && flush(link);
}

static bool is_idle(const struct lock_line *line, int64_t now_ns)
{
    return line->places == 0 && line->ear == EAR_LISTENING && now_ns - line->idle_since_ns > ns_of(LINGER_MS);
}

static bool shares_channel(struct lock_desk *desk, const struct lock_line *line)
{
    for (const struct lock_line *at = *bucket_of(desk, line->channel); at != NULL; at = at->next)
        if (at != line && at->ear != EAR_NONE && strcmp(at->channel, line->channel) == 0)
            return true;
    return false;
}

/* Stop listening where nobody has waited for a while. */
static bool unsubscribe_idle(struct lock_desk *desk, redisContext *link, int64_t now_ns)
{
    bool good = true;

    pthread_mutex_lock(&desk->mutex);
    for (size_t i = 0; i < BUCKETS; i++) {
        struct lock_line *next;
        for (struct lock_line *line = desk->bucket[i]; line != NULL && good; line = next) {
            next = line->next;
            if (!is_idle(line, now_ns))
                continue;
            if (!shares_channel(desk, line))
                good = send_words(link, "UNSUBSCRIBE", line->channel);
            free_line(desk, line);
        }
    }
    pthread_mutex_unlock(&desk->mutex);
    return good && flush(link);
}

static void dispatch(struct lock_desk *desk, const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3 || reply->element[1]->type != REDIS_REPLY_STRING)
        return;
    bool is_message = redis_reply_is(reply->element[0], "message");
    bool is_ear = redis_reply_is(reply->element[0], "subscribe");
    const char *channel = reply->element[1]->str;

    pthread_mutex_lock(&desk->mutex);
    for (struct lock_line *line = *bucket_of(desk, channel); line != NULL; line = line->next) {
        if (strcmp(line->channel, channel) != 0)
            continue;
        if (is_ear && line->ear == EAR_ASKED)
            line->ear = EAR_LISTENING;
        /* What happened before we could hear is news too: the first in line asks once more. */
        if (is_message || is_ear)
            hear(line);
    }
    pthread_mutex_unlock(&desk->mutex);
}

static bool read_news(struct lock_desk *desk, redisContext *link)
{
    void *reply;

    if (redisBufferRead(link) != REDIS_OK)
        return false;
    for (;;) {
        if (redisGetReplyFromReader(link, &reply) != REDIS_OK)
            return false;
        if (reply == NULL)
            return true;
        dispatch(desk, reply);
        freeReplyObject(reply);
    }
}

static void swallow_pokes(struct lock_desk *desk)
{
    uint64_t pokes;
    ssize_t length = read(desk->poke, &pokes, sizeof(pokes));

    (void)length;
}

/* What is due by time alone. False when the link broke, or fell silent for so long that it must have. */
static bool keep_up(struct lock_desk *desk, struct listening *listening)
{
    int64_t now_ns = clock_steady_ns();

    if (now_ns - listening->swept_ns > ns_of(TICK_MS)) {
        listening->swept_ns = now_ns;
        if (!unsubscribe_idle(desk, listening->link, now_ns))
            return false;
    }
    if (now_ns - listening->heard_ns > ns_of(DEAD_AFTER_MS))
        return false;
    if (now_ns - listening->heard_ns < ns_of(PING_AFTER_MS) || listening->pinged_ns > listening->heard_ns)
        return true;
    listening->pinged_ns = now_ns;
    return send_words(listening->link, "PING", NULL) && flush(listening->link);
}

/* Listen until the link breaks or the desk closes. */
static void listen_on(struct lock_desk *desk, redisContext *link)
{
    struct pollfd ready[] = {{.fd = link->fd, .events = POLLIN}, {.fd = desk->poke, .events = POLLIN}};
    int64_t now_ns = clock_steady_ns();
    struct listening listening = {.link = link, .heard_ns = now_ns, .swept_ns = now_ns};

    while (subscribe_wanted(desk, link) && keep_up(desk, &listening)) {
        if (poll(ready, 2, TICK_MS) <= 0)
            continue;
        if (ready[1].revents != 0)
            swallow_pokes(desk);
        if (ready[0].revents == 0)
            continue;
        listening.heard_ns = clock_steady_ns();
        if (!read_news(desk, link))
            return;
    }
}

/* Nothing can be heard any more: ask for every channel anew, and let every first in line look for itself. */
static void go_deaf(struct lock_desk *desk)
{
    pthread_mutex_lock(&desk->mutex);
    desk->wanted = NULL;
    for (size_t i = 0; i < BUCKETS; i++) {
        struct lock_line *next;
        for (struct lock_line *line = desk->bucket[i]; line != NULL; line = next) {
            next = line->next;
            if (line->ear == EAR_NONE)
                continue;
            if (line->places == 0) {
                free_line(desk, line);
                continue;
            }
            want(desk, line);
            hear(line);
        }
    }
    pthread_mutex_unlock(&desk->mutex);
}

static bool is_stopping(struct lock_desk *desk)
{
    pthread_mutex_lock(&desk->mutex);
    bool stopping = desk->stopping;
    pthread_mutex_unlock(&desk->mutex);
    return stopping;
}

static void *run_listener(void *arg)
{
    struct lock_desk *desk = arg;
    int pause_ms = RECONNECT_MS;

    while (!is_stopping(desk)) {
        redisContext *link = redis_connect(desk->config);
        if (link == NULL) {
            usleep((useconds_t)pause_ms * 1000);
            pause_ms = pause_ms * 2 > RECONNECT_MS_MAX ? RECONNECT_MS_MAX : pause_ms * 2;
            continue;
        }
        pause_ms = RECONNECT_MS;
        listen_on(desk, link);
        redisFree(link);
        go_deaf(desk);
        if (!is_stopping(desk)) {
            log_warning("lock_listener_lost");
            counters_add(desk->counters, COUNTER_redis_reconnects, 1);
        }
    }
    return NULL;
}

static void start_listener(struct lock_desk *desk)
{
    sigset_t all;
    sigset_t before;

    desk->poke = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    /* Signals are for the threads that main chose. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    desk->listener_runs = desk->poke >= 0 && pthread_create(&desk->listener, NULL, run_listener, desk) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (desk->listener_runs)
        return;
    log_error("lock_listener_missing message=\"%s\"", strerror(errno));
    if (desk->poke >= 0)
        close(desk->poke);
}

/* Have somebody listen for this line; the first to ask starts the listener. */
static void ask_for_ear(struct lock_desk *desk, struct lock_line *line)
{
    if (line->ear != EAR_NONE)
        return;
    if (!desk->listener_runs)
        start_listener(desk);
    /* Without a listener the first in line asks Redis from time to time; the next caller tries again to start one. */
    if (!desk->listener_runs)
        return;
    want(desk, line);
    poke(desk);
}

/* The desk */

static int close_desk(struct lock_desk *desk)
{
    pthread_mutex_lock(&desk->mutex);
    desk->stopping = true;
    pthread_mutex_unlock(&desk->mutex);
    if (desk->listener_runs) {
        poke(desk);
        pthread_join(desk->listener, NULL);
        close(desk->poke);
    }
    pthread_mutex_destroy(&desk->mutex);
    pthread_condattr_destroy(&desk->steady);
    return 0;
}

struct lock_desk *lock_desk_new(const void *mem, const struct config *config, struct counters *counters)
{
    struct lock_desk *desk = must(talloc_zero(mem, struct lock_desk));

    desk->config = config;
    desk->counters = counters;
    pthread_mutex_init(&desk->mutex, NULL);
    pthread_condattr_init(&desk->steady);
    pthread_condattr_setclock(&desk->steady, CLOCK_MONOTONIC);
    talloc_set_destructor(desk, close_desk);
    return desk;
}

uint64_t lock_desk_number(struct lock_desk *desk)
{
    pthread_mutex_lock(&desk->mutex);
    /* Made by the first caller and not with the desk: processes forked after that must not share it. */
    if (desk->uuid[0] == '\0')
        secret_uuid(desk->uuid);
    uint64_t number = ++desk->number;
    pthread_mutex_unlock(&desk->mutex);
    return number;
}

void lock_desk_owner_text(struct lock_desk *desk, uint64_t number, char text[LOCK_OWNER_SIZE])
{
    snprintf(text, LOCK_OWNER_SIZE, "%s:%" PRIu64, desk->uuid, number);
}

/* Places */

static void leave_locked(struct lock_place *place)
{
    struct lock_line *line = place->line;

    if (place->waits)
        take_out(line, place);
    if (line->takes == 0 && line->hold == place->hold)
        line->hold = 0;
    line->places--;
    place->line = NULL;
    if (line->places == 0 && line->ear == EAR_NONE)
        free_line(place->desk, line);
    else if (line->places == 0)
        line->idle_since_ns = clock_steady_ns();
    else
        tell_first(line);
}

static int close_place(struct lock_place *place)
{
    lock_desk_leave(place);
    pthread_cond_destroy(&place->moved);
    return 0;
}

static void stand_in(struct lock_place *place, struct lock_line *line, uint64_t owner)
{
    place->line = line;
    line->places++;
    if (line->hold != 0 && line->owner == owner) {
        place->hold = line->hold;
        return;
    }
    /* Nobody here knows anything of the lock: ask at once. */
    if (line->first == NULL && line->hold == 0)
        line->ask_again_ns = 0;
    append(line, place);
}

struct lock_place *lock_desk_enter(struct lock_desk *desk, const void *mem, const char *name, uint64_t owner,
                                   unsigned places_max)
{
    struct lock_place *place = must(talloc_zero(mem, struct lock_place));

    place->desk = desk;
    pthread_cond_init(&place->moved, &desk->steady);
    talloc_set_destructor(place, close_place);
    pthread_mutex_lock(&desk->mutex);
    struct lock_line *line = line_of(desk, name);
    bool has_room = places_max == 0 || line->places < places_max || (line->hold != 0 && line->owner == owner);
    if (has_room)
        stand_in(place, line, owner);
    pthread_mutex_unlock(&desk->mutex);
    if (!has_room)
        TALLOC_FREE(place);
    return place;
}

static struct timespec timespec_of(int64_t ns)
{
    return (struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
}

static bool is_my_turn(const struct lock_place *place, int64_t now_ns)
{
    return !place->waits || (place->line->first == place && is_due(place->line, now_ns));
}

bool lock_desk_await(struct lock_place *place, int64_t deadline_ns)
{
    struct lock_desk *desk = place->desk;
    struct lock_line *line = place->line;
    bool mine;

    pthread_mutex_lock(&desk->mutex);
    place->deadline_ns = deadline_ns;
    for (;;) {
        int64_t now_ns = clock_steady_ns();
        mine = is_my_turn(place, now_ns);
        if (mine || now_ns >= deadline_ns)
            break;
        ask_for_ear(desk, line);
        /* Those behind sleep on: whoever leaves in front of them wakes them when there is reason to. */
        int64_t until_ns = line->first == place && line->ask_again_ns < deadline_ns ? line->ask_again_ns : deadline_ns;
        struct timespec until = timespec_of(until_ns);
        pthread_cond_timedwait(&place->moved, &desk->mutex, &until);
    }
    if (mine)
        line->asked_at_news = line->news;
    pthread_mutex_unlock(&desk->mutex);
    return mine;
}

/* The lock is taken until then, unless news is heard before; without ears, look oftener. */
static void know_until(struct lock_line *line, int64_t until_ns)
{
    int64_t look_ns = clock_steady_ns() + ns_of(DEAF_LOOK_MS);

    line->ask_again_ns = line->ear != EAR_LISTENING && until_ns > look_ns ? look_ns : until_ns;
}

void lock_desk_not_yet(struct lock_place *place, int64_t left_ms)
{
    struct lock_desk *desk = place->desk;
    struct lock_line *line = place->line;

    pthread_mutex_lock(&desk->mutex);
    /* One who took the lock before has lost it and now stands in line like everybody else. */
    if (!place->waits) {
        place->hold = 0;
        append(line, place);
    }
    know_until(line, left_ms < 0 ? never_ns : clock_steady_ns() + ns_of(left_ms + 1));
    pthread_mutex_unlock(&desk->mutex);
}

void lock_desk_have(struct lock_place *place, uint64_t owner, int64_t lease_ms)
{
    struct lock_desk *desk = place->desk;
    struct lock_line *line = place->line;

    pthread_mutex_lock(&desk->mutex);
    if (place->waits) {
        take_out(line, place);
        place->hold = line->hold = ++desk->number;
        line->owner = owner;
        line->takes = 0;
    }
    if (line->hold == place->hold)
        line->takes++;
    know_until(line, clock_steady_ns() + ns_of(lease_ms + 1));
    tell_first(line);
    pthread_mutex_unlock(&desk->mutex);
}

unsigned lock_desk_takes(struct lock_place *place)
{
    pthread_mutex_lock(&place->desk->mutex);
    unsigned takes = !place->waits && place->line->hold == place->hold ? place->line->takes : 0;
    pthread_mutex_unlock(&place->desk->mutex);
    return takes;
}

unsigned lock_desk_give(struct lock_place *place)
{
    pthread_mutex_lock(&place->desk->mutex);
    /* When the line knows of a later hold, this one ran out and nothing of it is left. */
    unsigned left = place->line->hold == place->hold ? --place->line->takes : 0;
    pthread_mutex_unlock(&place->desk->mutex);
    return left;
}

void lock_desk_leave(struct lock_place *place)
{
    pthread_mutex_lock(&place->desk->mutex);
    if (place->line != NULL)
        leave_locked(place);
    pthread_mutex_unlock(&place->desk->mutex);
}
