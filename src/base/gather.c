#include "base/gather.h"

#include <talloc.h>
#include <time.h>

#include "base/must.h"

struct gather {
    pthread_mutex_t mutex;
    /* Somebody waits only while there are as many leaders as there may be. */
    struct gather_piece *first;
    struct gather_piece **end;
    size_t leaders;
    size_t leaders_max;
    size_t pieces_max;
};

static int destroy(struct gather *gather)
{
    return pthread_mutex_destroy(&gather->mutex);
}

struct gather *gather_new(const void *mem, size_t leaders_max, size_t pieces_max)
{
    struct gather *gather = must(talloc_zero(mem, struct gather));

    pthread_mutex_init(&gather->mutex, NULL);
    gather->end = &gather->first;
    gather->leaders_max = leaders_max;
    gather->pieces_max = pieces_max;
    talloc_set_destructor(gather, destroy);
    return gather;
}

static void append(struct gather *gather, struct gather_piece *piece)
{
    *gather->end = piece;
    gather->end = &piece->next;
}

static struct gather_piece *take_first(struct gather *gather)
{
    struct gather_piece *piece = gather->first;

    gather->first = piece->next;
    if (gather->first == NULL)
        gather->end = &gather->first;
    return piece;
}

static void forget(struct gather *gather, const struct gather_piece *piece)
{
    struct gather_piece **at = &gather->first;

    while (*at != piece)
        at = &(*at)->next;
    *at = piece->next;
    if (*at == NULL)
        gather->end = at;
}

static struct timespec moment_in(int64_t wait_ms)
{
    struct timespec moment;

    clock_gettime(CLOCK_MONOTONIC, &moment);
    moment.tv_sec += wait_ms / 1000;
    moment.tv_nsec += wait_ms % 1000 * 1000000;
    if (moment.tv_nsec >= 1000000000) {
        moment.tv_sec++;
        moment.tv_nsec -= 1000000000;
    }
    return moment;
}

static void wait_for_a_turn(struct gather *gather, struct gather_piece *piece, int64_t wait_ms)
{
    struct timespec until = moment_in(wait_ms);
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&piece->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    append(gather, piece);
    while (piece->state == GATHER_WAITS && pthread_cond_timedwait(&piece->changed, &gather->mutex, &until) == 0)
        continue;
    while (piece->state == GATHER_TAKEN)
        pthread_cond_wait(&piece->changed, &gather->mutex);
    if (piece->state == GATHER_WAITS)
        forget(gather, piece);
    pthread_cond_destroy(&piece->changed);
}

static int lead(struct gather *gather, struct gather_piece *piece, struct gather_piece **pieces)
{
    size_t count = 0;

    pieces[count++] = piece;
    for (; count < gather->pieces_max && gather->first != NULL; count++) {
        pieces[count] = take_first(gather);
        pieces[count]->state = GATHER_TAKEN;
    }
    return (int)count;
}

int gather(struct gather *gather, struct gather_piece *piece, int64_t wait_ms, struct gather_piece **pieces)
{
    int count = 0;

    piece->next = NULL;
    piece->state = GATHER_WAITS;
    pthread_mutex_lock(&gather->mutex);
    if (gather->leaders < gather->leaders_max) {
        gather->leaders++;
        piece->state = GATHER_LEADS;
    } else {
        wait_for_a_turn(gather, piece, wait_ms);
    }
    if (piece->state == GATHER_LEADS)
        count = lead(gather, piece, pieces);
    else if (piece->state == GATHER_WAITS)
        count = -1;
    pthread_mutex_unlock(&gather->mutex);
    return count;
}

static void tell(struct gather_piece *piece, int state)
{
    piece->state = state;
    pthread_cond_signal(&piece->changed);
}

void gather_done(struct gather *gather, struct gather_piece **pieces, int count)
{
    pthread_mutex_lock(&gather->mutex);
    for (int i = 1; i < count; i++)
        tell(pieces[i], GATHER_DONE);
    if (gather->first != NULL)
        tell(take_first(gather), GATHER_LEADS);
    else
        gather->leaders--;
    pthread_mutex_unlock(&gather->mutex);
}

size_t gather_waiting(struct gather *gather)
{
    size_t count = 0;

    pthread_mutex_lock(&gather->mutex);
    for (const struct gather_piece *piece = gather->first; piece != NULL; piece = piece->next)
        count++;
    pthread_mutex_unlock(&gather->mutex);
    return count;
}
