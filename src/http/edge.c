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
enum connection_state { SERVED, IDLE, GIVEN };

struct connection {
    FCGX_Request fcgi;
    _Atomic enum connection_state state;
    struct connection *next;
    struct connection *previous;
};

struct edge {
    struct edge_options options;
    int epoll;
    int wake; /* readable once the threads shall end */
    atomic_bool draining;
    atomic_bool giving;
    pthread_t *threads;
    pthread_mutex_t lock; /* guards the list */
    struct connection connections;
    size_t open;
    struct connection *closed; /* of a draining edge: a thread may have been woken for one and look at it yet */
};

struct thread_start {
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
    bool keep = edge->draining;
    if (keep) {
        connection->next = edge->closed;
        edge->closed = connection;
    }
    pthread_mutex_unlock(&edge->lock);
    FCGX_Free(&connection->fcgi, connection->fcgi.ipcFd >= 0);
    if (!keep)
        free(connection);
}

/* Let the set tell one thread, once, when there is something to read. */
static bool arm(struct edge *edge, int operation, int socket, void *whose)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, .data.ptr = whose};

    return epoll_ctl(edge->epoll, operation, socket, &event) == 0;
}

/*
 * Whoever makes it IDLE then arms it; whoever makes it something else has it alone, and may before it is armed, when it
 * is given away: so it is not looked at any more. Arming what was given away meanwhile fails, and is no failure. False
 * when it is still the caller's, and not armed.
 */
static bool arm_connection(struct edge *edge, int operation, struct connection *connection)
{
    int socket = connection->fcgi.ipcFd;
    enum connection_state idle = IDLE;

    connection->state = IDLE;
    return arm(edge, operation, socket, connection) ||
           !atomic_compare_exchange_strong(&connection->state, &idle, SERVED);
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
    if (!arm_connection(edge, EPOLL_CTL_ADD, connection))
        forget(edge, connection);
}

/* Out of descriptors, say: the connection still waits and would wake us again at once, so look away for a moment. */
static void complain_and_pause(void)
{
    struct timespec pause = {.tv_nsec = 50 * 1000000};

    log_error("accept_failed errno=\"%s\"", strerror(errno));
    nanosleep(&pause, NULL);
}

/*
 * All who wait, and not a few of them: the listening socket then stands at the end of the set again, behind every
 * connection that has sent something meanwhile, so who was left over would wait for all of those, again and again.
 */
static void accept_some(struct edge *edge)
{
    enum { AT_ONCE = 1024 };

    for (int i = 0; i < AT_ONCE && !edge->draining; i++) {
        int socket = accept4(edge->options.listen_socket, NULL, NULL, SOCK_CLOEXEC);
        if (socket < 0) {
            if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
                complain_and_pause();
            break;
        }
        adopt(edge, socket);
    }
    if (!edge->draining)
        arm(edge, EPOLL_CTL_MOD, edge->options.listen_socket, &edge->options);
}

/* Between two requests a connection is nothing but its descriptor, so another process can go on with it. */
static bool give(struct edge *edge, struct connection *connection)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {0};
    char byte = 0;
    struct iovec content = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &content, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};

    control.header =
        (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
    memcpy(CMSG_DATA(&control.header), &connection->fcgi.ipcFd, sizeof(int));
    if (sendmsg(edge->options.give_socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) != 1)
        return false;
    /* Closed, not shut down: the successor's copy stays open. */
    close(connection->fcgi.ipcFd);
    connection->fcgi.ipcFd = -1;
    return true;
}

static void take(struct edge *edge)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {0};
    char byte;
    struct iovec content = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &content, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};

    while (!edge->draining && recvmsg(edge->options.take_socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) == 1) {
        const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        int socket;
        /* Without a descriptor left to put it in, it is lost; nginx sees its end. */
        if (header != NULL && (message.msg_flags & MSG_CTRUNC) == 0) {
            memcpy(&socket, CMSG_DATA(header), sizeof(socket));
            adopt(edge, socket);
        }
        message.msg_controllen = sizeof(control);
    }
    if (!edge->draining)
        arm(edge, EPOLL_CTL_MOD, edge->options.take_socket, &edge->options.take_socket);
}

static void serve(struct edge *edge, struct connection *connection, void *thread_data)
{
    FCGX_Request *fcgi = &connection->fcgi;
    enum connection_state idle = IDLE;

    if (!atomic_compare_exchange_strong(&connection->state, &idle, SERVED))
        return;
    fcgi->keepConnection = 1;
    if (FCGX_Accept_r(fcgi) < 0 || fcgi->ipcFd < 0) {
        forget(edge, connection);
        return;
    }
    edge->options.serve(fcgi, thread_data);
    if (edge->draining && !edge->giving)
        fcgi->keepConnection = 0;
    FCGX_Finish_r(fcgi);
    if (fcgi->ipcFd >= 0 && edge->giving && give(edge, connection))
        forget(edge, connection);
    else if (fcgi->ipcFd < 0 || !arm_connection(edge, EPOLL_CTL_MOD, connection))
        forget(edge, connection);
}

static void *run_thread(void *data)
{
    struct thread_start *start = data;
    struct edge *edge = start->edge;
    void *thread_data = edge->options.thread_start(edge->options.shared, start->thread);
    struct epoll_event event;

    free(start);
    for (;;) {
        if (epoll_wait(edge->epoll, &event, 1, -1) != 1)
            continue;
        if (event.data.ptr == &edge->wake)
            break;
        if (event.data.ptr == &edge->options)
            accept_some(edge);
        else if (event.data.ptr == &edge->options.take_socket)
            take(edge);
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
        struct thread_start *start = must(malloc(sizeof(*start)));
        *start = (struct thread_start){.edge = edge, .thread = i};
        if (pthread_create(&edge->threads[i], &attributes, run_thread, start) != 0)
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
        arm(edge, EPOLL_CTL_ADD, options->listen_socket, &edge->options) &&
        arm(edge, EPOLL_CTL_ADD, options->take_socket, &edge->options.take_socket) && start_threads(edge))
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
 * Idle connections go over; those being served follow when they are. One that the successor has no
 * room for right now is armed again and tried again. A thread may have been woken for one already: it
 * finds it GIVEN and leaves it, which is why none is freed before the threads have ended.
 */
static void give_idle(struct edge *edge)
{
    pthread_mutex_lock(&edge->lock);
    for (struct connection *at = edge->connections.next; at != &edge->connections; at = at->next) {
        enum connection_state idle = IDLE;
        if (!atomic_compare_exchange_strong(&at->state, &idle, GIVEN))
            continue;
        epoll_ctl(edge->epoll, EPOLL_CTL_DEL, at->fcgi.ipcFd, NULL);
        if (give(edge, at))
            edge->open--;
        else
            arm_connection(edge, EPOLL_CTL_ADD, at);
    }
    pthread_mutex_unlock(&edge->lock);
}

/* What was accepted at the very last goes over, too. */
static void free_connections(struct edge *edge)
{
    while (edge->connections.next != &edge->connections) {
        struct connection *last = edge->connections.next;
        if (edge->giving && last->fcgi.ipcFd >= 0)
            give(edge, last);
        forget(edge, last);
    }
    while (edge->closed != NULL) {
        struct connection *closed = edge->closed;
        edge->closed = closed->next;
        free(closed);
    }
}

/*
 * Without a successor an idle kept connection is left to nginx, which closes it after its
 * keepalive_timeout: closing it from here could meet a request that nginx has just sent, and nginx
 * must not send a change twice.
 */
void edge_drain(struct edge *edge, bool has_successor, long limit_ms)
{
    struct timespec step = {.tv_nsec = DRAIN_STEP_MS * 1000000};
    int64_t end_ns = clock_steady_ns() + (int64_t)limit_ms * 1000000;
    uint64_t one = 1;

    edge->giving = has_successor;
    edge->draining = true;
    epoll_ctl(edge->epoll, EPOLL_CTL_DEL, edge->options.listen_socket, NULL);
    epoll_ctl(edge->epoll, EPOLL_CTL_DEL, edge->options.take_socket, NULL);
    do {
        if (has_successor)
            give_idle(edge);
        nanosleep(&step, NULL);
    } while (open_connections(edge) > 0 && clock_steady_ns() < end_ns);
    if (write(edge->wake, &one, sizeof(one)) != sizeof(one))
        log_warning("edge_not_woken errno=\"%s\"", strerror(errno));
    for (size_t i = 0; i < edge->options.threads; i++)
        pthread_join(edge->threads[i], NULL);
    free_connections(edge);
    close(edge->epoll);
    close(edge->wake);
    pthread_mutex_destroy(&edge->lock);
    talloc_free(edge);
}

bool edge_hand_over_pair(int *give_socket, int *take_socket)
{
    struct timeval limit = {.tv_sec = PEER_WAIT_S};
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) != 0 ||
        setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) != 0) {
        log_error("hand_over_impossible errno=\"%s\"", strerror(errno));
        return false;
    }
    *give_socket = pair[0];
    *take_socket = pair[1];
    return true;
}
