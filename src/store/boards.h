/* The board of a concert: what everybody in its queue wants to know, in one round trip. */
#ifndef FRONTROW_STORE_BOARDS_H
#define FRONTROW_STORE_BOARDS_H

#include <stdint.h>

#include "base/call.h"
#include "store/queues.h"

struct board {
    enum sale sale;
    uint64_t serving; /* the highest number that was admitted */
    uint64_t last;    /* the last number that was handed out */
    uint64_t waiting;
    uint64_t active; /* admitted or active, as the capacity counts them */
    uint64_t capacity;
    uint64_t rate_per_minute; /* 0: the capacity alone decides */
    uint64_t seats_left;
    uint64_t away;   /* were not there when called, and keep their numbers */
    double flow_low; /* how fast the line moves, in fans a minute; 0 when too little is known */
    double flow_high;
    uint64_t numbers_from; /* another one, and the line was lost and begins anew */
    int64_t now_ms;
};

/* DONE, NOT_FOUND or UNAVAILABLE. */
enum outcome boards_read(struct call *call, uint64_t concert_id, struct board *board);

#endif
