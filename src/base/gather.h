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
    enum { GATHER_WAITS, GATHER_TAKEN, GATHER_LEADS, GATHER_DONE } state;
    pthread_cond_t changed;
};

/* Up to leaders_max threads work at once, each on up to pieces_max pieces, its own among them. Lives as long as mem. */
struct gather *gather_new(const void *mem, size_t leaders_max, size_t pieces_max);

/*
 * Hand in a piece. Ends with how many were written to pieces, which has room for pieces_max: the
 * caller does them all, and then says gather_done(). The first is its own.
 * 0: another thread has done it, and whatever it wrote can be read.
 * -1: nobody had the time to within wait_ms; the caller does its own alone, without gather_done().
 */
int gather(struct gather *gather, struct gather_piece *piece, int64_t wait_ms, struct gather_piece **pieces);

/* They are done; who waited for them goes on. */
void gather_done(struct gather *gather, struct gather_piece **pieces, int count);

/* How many threads wait for a turn. */
size_t gather_waiting(struct gather *gather);

#endif
