#include "base/gather.h"

#include <stdbool.h>
#include <talloc.h>
#include <time.h>

#include "base/must.h"

struct gather {
    pthread_mutex_t mutex;
    /* Somebody waits only while somebody leads. */
    struct gather_piece *first;
    struct gather_piece **end;
    size_t leaders;
    uint64_t last_turn;
    size_t pieces_max;
};

static int destroy(struct gather *gather)
{
    return pthread_mutex_destroy(&gather->mutex);
}

struct gather *gather_new(const void *mem, size_t pieces_max)
{
    struct gather *gather = must(talloc_zero(mem, struct gather));

    pthread_mutex_init(&gather->mutex, NULL);
    gather->end = &gather->first;
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

static void begin_to_lead(struct gather *gather, struct gather_piece *piece)
{
    gather->leaders++;
    piece->state = GATHER_LEADS;
}

static void wait_for_a_turn(struct gather *gather, struct gather_piece *piece, int64_t patience_ms)
{
    struct timespec until = moment_in(patience_ms);
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
    if (piece->state == GATHER_WAITS) {
        forget(gather, piece);
        begin_to_lead(gather, piece);
    }
    pthread_cond_destroy(&piece->changed);
}

static int lead(struct gather *gather, struct gather_piece *piece, struct gather_piece **pieces)
{
    size_t count = 0;

    piece->turn = ++gather->last_turn;
    pieces[count++] = piece;
    for (; count < gather->pieces_max && gather->first != NULL; count++) {
        pieces[count] = take_first(gather);
        pieces[count]->state = GATHER_TAKEN;
    }
    return (int)count;
}

int gather(struct gather *gather, struct gather_piece *piece, int64_t patience_ms, struct gather_piece **pieces)
{
    int count = 0;

    piece->next = NULL;
    piece->state = GATHER_WAITS;
    pthread_mutex_lock(&gather->mutex);
    if (gather->leaders == 0)
        begin_to_lead(gather, piece);
    else
        wait_for_a_turn(gather, piece, patience_ms);
    if (piece->state == GATHER_LEADS)
        count = lead(gather, piece, pieces);
    pthread_mutex_unlock(&gather->mutex);
    return count;
}

static void tell(struct gather_piece *piece, int state)
{
    piece->state = state;
    pthread_cond_signal(&piece->changed);
}

/* Of several who lead, the one that began last goes on: what kept the others may keep them again. */
static bool hands_over(const struct gather *gather, const struct gather_piece *leader)
{
    return gather->first != NULL && (leader->turn == gather->last_turn || gather->leaders == 1);
}

static void hand_over(struct gather *gather, struct gather_piece *leader)
{
    leader->state = GATHER_DONE;
    if (hands_over(gather, leader))
        tell(take_first(gather), GATHER_LEADS);
    else
        gather->leaders--;
}

void gather_next(struct gather *gather, struct gather_piece *leader)
{
    pthread_mutex_lock(&gather->mutex);
    if (leader->state == GATHER_LEADS)
        hand_over(gather, leader);
    pthread_mutex_unlock(&gather->mutex);
}

void gather_done(struct gather *gather, struct gather_piece **pieces, int count)
{
    pthread_mutex_lock(&gather->mutex);
    if (pieces[0]->state == GATHER_LEADS)
        hand_over(gather, pieces[0]);
    for (int i = 1; i < count; i++)
        tell(pieces[i], GATHER_DONE);
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
