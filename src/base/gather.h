/*
 * Work of several threads that one of them does for all: what arrives while others are busy gathers,
 * and the next who is free takes it along (as databases do with the commits of a group).
 */
#ifndef FRONTROW_BASE_GATHER_H
#define FRONTROW_BASE_GATHER_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

struct gather;

/* A thread's piece of work. The rest is gather.c's. */
struct gather_piece {
    void *work;

    struct gather_piece *next;
    uint64_t turn;
    enum { GATHER_WAITS, GATHER_TAKEN, GATHER_LEADS, GATHER_DONE } state;
    pthread_cond_t changed;
};

/* One thread at a time works, on up to pieces_max pieces, its own among them. Lives as long as mem. */
struct gather *gather_new(const void *mem, size_t pieces_max);

/*
 * Hand in a piece. Ends with how many were written to pieces, which has room for pieces_max: the
 * caller does them all, and then says gather_done(). The first is its own. Who has waited for
 * patience_ms relies no longer on the one who works, and takes along who waits, beside it.
 * 0: another thread has done it, and whatever it wrote can be read.
 */
int gather(struct gather *gather, struct gather_piece *piece, int64_t patience_ms, struct gather_piece **pieces);

/* The next may begin, beside what is left to do of these; may be said again, or not at all. */
void gather_next(struct gather *gather, struct gather_piece *leader);

/* They are done; who waited for them goes on. */
void gather_done(struct gather *gather, struct gather_piece **pieces, int count);

/* How many threads wait for a turn. */
size_t gather_waiting(struct gather *gather);

#endif
