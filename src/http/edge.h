/*
 * The FastCGI edge: threads that share one epoll set, in which the listening socket and every idle
 * kept connection stand. libfcgi keeps the protocol; the edge only decides who reads when, so a
 * connection that nginx keeps costs no thread while it is idle, and none can starve another.
 */
#ifndef FRONTROW_HTTP_EDGE_H
#define FRONTROW_HTTP_EDGE_H

#include <fcgiapp.h>
#include <stdbool.h>
#include <stddef.h>

struct edge;

/* Serve one request: read it, answer it. Called in any thread, with what make_thread_data() gave that thread. */
typedef void edge_serve(FCGX_Request *fcgi, void *thread_data);

struct edge_options {
    int listen_socket;
    int give_socket; /* an old generation hands its kept connections over here … */
    int take_socket; /* … and the new one takes them; a pair from edge_hand_over_pair() */
    size_t threads;
    edge_serve *serve;
    void *(*thread_start)(void *shared, size_t thread);
    void (*thread_stop)(void *thread_data);
    void *shared;
};

/* Start the threads. NULL when they cannot be had; that was logged. Signals must be blocked already. */
struct edge *edge_start(const struct edge_options *options);

/*
 * End the threads after what they are answering. With a successor every kept connection goes over to
 * it, so nginx notices nothing. Without one each is closed after its next answer or when nginx lets
 * go of it, at the latest after limit_ms.
 */
void edge_drain(struct edge *edge, bool has_successor, long limit_ms);

/* The two sockets of the hand-over, shared by all generations of a pool. False when they cannot be had. */
bool edge_hand_over_pair(int *give_socket, int *take_socket);

/* Open and listen: "host:port", or a path whose socket gets mode 0660. -1 when it cannot be; that was logged. */
int edge_listen(const char *address, int backlog);

#endif
