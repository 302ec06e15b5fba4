#include "http/edge.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <talloc.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"

enum { THREAD_STACK_BYTES = 256 * 1024, PEER_WAIT_S = 5, DRAIN_STEP_MS = 20 };

/* A connection from nginx. While a thread serves it, it is disarmed; else it stands armed in the set. */
struct connection {
    FCGX_Request fcgi;
    struct connection *next;
    struct connection *previous;
};

struct edge {
    struct edge_options options;
    int epoll;
    int wake; /* readable once the threads shall end */
    atomic_bool draining;
    pthread_t *threads;
    pthread_mutex_t lock; /* guards the list */
    struct connection connections;
    size_t open;
};

struct seat_at_edge {
    struct edge *edge;
    size_t thread;
};

static void remember(struct edge *edge, struct connection *connection)
{
    pthread_mutex_lock(&edge->lock);
    connection->next = edge->connections.next;
    connection->previous = &edge->connections;
    connection->next->previous = connection;
    edge->connections.next = connection;
    edge->open++;
    pthread_mutex_unlock(&edge->lock);
}

static void forget(struct edge *edge, struct connection *connection)
{
    pthread_mutex_lock(&edge->lock);
    connection->next->previous = connection->previous;
    connection->previous->next = connection->next;
    edge->open--;
    pthread_mutex_unlock(&edge->lock);
    FCGX_Free(&connection->fcgi, 1);
    free(connection);
}

/* Let the set tell one thread, once, when there is something to read. */
static bool arm(struct edge *edge, int operation, int socket, void *whose)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, .data.ptr = whose};

    return epoll_ctl(edge->epoll, operation, socket, &event) == 0;
}

/*
 * FCGX_Accept_r() reads from the connection it has when ipcFd is set and keepConnection is 1; with
 * listen_sock -1 it gives up at end of file instead of accepting another.
 */
static void adopt(struct edge *edge, int socket)
{
    struct connection *connection = must(calloc(1, sizeof(*connection)));
    struct timeval limit = {.tv_sec = PEER_WAIT_S};

    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    FCGX_InitRequest(&connection->fcgi, -1, 0);
    connection->fcgi.ipcFd = socket;
    connection->fcgi.keepConnection = 1;
    remember(edge, connection);
    if (!arm(edge, EPOLL_CTL_ADD, socket, connection))
        forget(edge, connection);
}

static void accept_some(struct edge *edge)
{
    enum { AT_ONCE = 16 };

    for (int i = 0; i < AT_ONCE && !edge->draining; i++) {
        int socket = accept4(edge->options.listen_socket, NULL, NULL, SOCK_CLOEXEC);
        if (socket < 0)
            break;
        adopt(edge, socket);
    }
    if (!edge->draining)
        arm(edge, EPOLL_CTL_MOD, edge->options.listen_socket, &edge->options);
}

static void serve(struct edge *edge, struct connection *connection, void *thread_data)
{
    FCGX_Request *fcgi = &connection->fcgi;

    fcgi->keepConnection = 1;
    if (FCGX_Accept_r(fcgi) < 0 || fcgi->ipcFd < 0) {
        forget(edge, connection);
        return;
    }
    edge->options.serve(fcgi, thread_data);
    if (edge->draining)
        fcgi->keepConnection = 0;
    FCGX_Finish_r(fcgi);
    if (fcgi->ipcFd < 0 || !arm(edge, EPOLL_CTL_MOD, fcgi->ipcFd, connection))
        forget(edge, connection);
}

static void *run_thread(void *data)
{
    struct seat_at_edge *seat = data;
    struct edge *edge = seat->edge;
    void *thread_data = edge->options.thread_start(edge->options.shared, seat->thread);
    struct epoll_event event;

    free(seat);
    for (;;) {
        if (epoll_wait(edge->epoll, &event, 1, -1) != 1)
            continue;
        if (event.data.ptr == &edge->wake)
            break;
        if (event.data.ptr == &edge->options)
            accept_some(edge);
        else
            serve(edge, event.data.ptr, thread_data);
    }
    edge->options.thread_stop(thread_data);
    return NULL;
}

static bool start_threads(struct edge *edge)
{
    pthread_attr_t attributes;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
    for (size_t i = 0; i < edge->options.threads; i++) {
        struct seat_at_edge *seat = must(malloc(sizeof(*seat)));
        *seat = (struct seat_at_edge){.edge = edge, .thread = i};
        if (pthread_create(&edge->threads[i], &attributes, run_thread, seat) != 0)
            return false;
    }
    pthread_attr_destroy(&attributes);
    return true;
}

struct edge *edge_start(const struct edge_options *options)
{
    struct edge *edge = must(talloc_zero(NULL, struct edge));
    struct epoll_event wake = {.events = EPOLLIN, .data.ptr = &edge->wake};

    FCGX_Init();
    edge->options = *options;
    edge->threads = must(talloc_zero_array(edge, pthread_t, options->threads));
    edge->connections.next = edge->connections.previous = &edge->connections;
    pthread_mutex_init(&edge->lock, NULL);
    edge->epoll = epoll_create1(EPOLL_CLOEXEC);
    edge->wake = eventfd(0, EFD_CLOEXEC);
    if (edge->epoll >= 0 && edge->wake >= 0 && epoll_ctl(edge->epoll, EPOLL_CTL_ADD, edge->wake, &wake) == 0 &&
        arm(edge, EPOLL_CTL_ADD, options->listen_socket, &edge->options) && start_threads(edge))
        return edge;
    log_error("edge_not_started errno=\"%s\"", strerror(errno));
    return NULL;
}

static size_t open_connections(struct edge *edge)
{
    pthread_mutex_lock(&edge->lock);
    size_t open = edge->open;
    pthread_mutex_unlock(&edge->lock);
    return open;
}

/*
 * An idle kept connection is left to nginx, which closes it after its keepalive_timeout: closing it
 * from here could meet a request that nginx has just sent, and nginx must not send a change twice.
 */
void edge_drain(struct edge *edge, long limit_ms)
{
    struct timespec step = {.tv_nsec = DRAIN_STEP_MS * 1000000};
    int64_t end_ns = clock_steady_ns() + (int64_t)limit_ms * 1000000;
    uint64_t one = 1;

    edge->draining = true;
    epoll_ctl(edge->epoll, EPOLL_CTL_DEL, edge->options.listen_socket, NULL);
    while (open_connections(edge) > 0 && clock_steady_ns() < end_ns)
        nanosleep(&step, NULL);
    if (write(edge->wake, &one, sizeof(one)) != sizeof(one))
        log_warning("edge_not_woken errno=\"%s\"", strerror(errno));
    for (size_t i = 0; i < edge->options.threads; i++)
        pthread_join(edge->threads[i], NULL);
    while (edge->connections.next != &edge->connections)
        forget(edge, edge->connections.next);
    close(edge->epoll);
    close(edge->wake);
    pthread_mutex_destroy(&edge->lock);
    talloc_free(edge);
}
