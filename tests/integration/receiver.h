/* The other side of payment-message: a small HTTP server that keeps what it is sent and answers as it is told. */
#ifndef FRONTROW_TESTS_RECEIVER_H
#define FRONTROW_TESTS_RECEIVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

enum { RECEIVED_MAX = 4096, HEADERS_SIZE = 2048, BODY_SIZE = 4096 };

struct received {
    char event_id[64]; /* of the header Idempotency-Key */
    int status;        /* what we answered */
    char headers[HEADERS_SIZE];
    char body[BODY_SIZE];
};

struct receiver {
    int listener;
    char url[64];
    pthread_t thread;
    pthread_mutex_t lock;
    _Atomic int open;              /* connections */
    _Atomic int status;            /* answered to everything... */
    _Atomic(const char *) refuses; /* ...but 500 to bodies that contain this, when it is not NULL */
    _Atomic int delay_ms;          /* before each answer */
    int asking;                    /* requests that wait for their answer... */
    int most_asking;               /* ...and how many at one time, at most */
    struct received *received;     /* in the order they came */
    _Atomic size_t count;
};

struct receiver *receiver_start(void);
void receiver_stop(struct receiver *receiver);

/* How often this event was taken with a status of 200. */
size_t receiver_taken(struct receiver *receiver, const char *event_id);

#endif
