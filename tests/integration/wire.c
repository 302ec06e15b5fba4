#include "tests/integration/wire.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PACKET_MAX = 65536, HEADER_BYTES = 4, COMMAND_QUERY = 3, QUIET_MS = 50 };

struct wire {
    char folder[40];
    char path[64];
    const char *server_socket;
    int listener;
    pthread_t thread;
    _Atomic enum wire_cut next;
    atomic_bool dead_after;
    atomic_bool dead;
    atomic_bool closing;
    atomic_int cuts;
    atomic_int trips;
    atomic_int connections;
};

struct connection {
    struct wire *wire;
    int client;
    int server;
};

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    return address;
}

static bool send_all(int to, const char *bytes, ssize_t length)
{
    for (ssize_t sent = 0; sent < length;) {
        ssize_t step = send(to, bytes + sent, (size_t)(length - sent), MSG_NOSIGNAL);
        if (step <= 0)
            return false;
        sent += step;
    }
    return true;
}

/* COMMIT travels alone or at the end of what was queued for it. */
static bool is_commit(const char *bytes, ssize_t length)
{
    static const char commit[] = "COMMIT";
    ssize_t commit_length = sizeof(commit) - 1;

    return length > HEADER_BYTES + commit_length && bytes[HEADER_BYTES] == COMMAND_QUERY &&
           memcmp(bytes + length - commit_length, commit, (size_t)commit_length) == 0;
}

/* A server may answer each statement of a text by itself: it has done them all when nothing more comes. */
static void hear_out(int server)
{
    struct pollfd end = {.fd = server, .events = POLLIN};
    char answer[PACKET_MAX];

    for (int wait_ms = 2000; poll(&end, 1, wait_ms) > 0; wait_ms = QUIET_MS)
        if (read(server, answer, sizeof(answer)) <= 0)
            return;
}

/* What becomes of a packet from the client: false when the wire is cut here. */
static bool pass_on(struct connection *connection, const char *bytes, ssize_t length)
{
    struct wire *wire = connection->wire;
    enum wire_cut cut = WIRE_WHOLE;

    atomic_fetch_add(&wire->trips, 1);
    if (is_commit(bytes, length))
        cut = atomic_exchange(&wire->next, WIRE_WHOLE);
    if (cut == WIRE_WHOLE)
        return send_all(connection->server, bytes, length);
    if (atomic_load(&wire->dead_after))
        atomic_store(&wire->dead, true);
    if (cut == WIRE_CUT_AFTER_COMMIT && send_all(connection->server, bytes, length))
        hear_out(connection->server);
    atomic_fetch_add(&wire->cuts, 1);
    return false;
}

static void *carry(void *args)
{
    struct connection *connection = args;
    struct pollfd ends[2] = {{.fd = connection->client, .events = POLLIN},
                             {.fd = connection->server, .events = POLLIN}};
    char bytes[PACKET_MAX];
    bool whole = true;

    while (whole && !atomic_load(&connection->wire->closing)) {
        if (poll(ends, 2, 100) < 0)
            break;
        for (int i = 0; whole && i < 2; i++) {
            if (ends[i].revents == 0)
                continue;
            ssize_t length = read(ends[i].fd, bytes, sizeof(bytes));
            whole = length > 0 &&
                    (i == 0 ? pass_on(connection, bytes, length) : send_all(connection->client, bytes, length));
        }
    }
    close(connection->client);
    close(connection->server);
    atomic_fetch_sub(&connection->wire->connections, 1);
    free(connection);
    return NULL;
}

static void take_up(struct wire *wire, int client)
{
    struct sockaddr_un address = address_of(wire->server_socket);
    struct connection *connection = calloc(1, sizeof(*connection));
    pthread_t thread;

    *connection = (struct connection){wire, client, socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (atomic_load(&wire->dead) || connect(connection->server, (struct sockaddr *)&address, sizeof(address)) != 0) {
        close(connection->client);
        close(connection->server);
        free(connection);
        return;
    }
    atomic_fetch_add(&wire->connections, 1);
    pthread_create(&thread, NULL, carry, connection);
    pthread_detach(thread);
}

static void *listen_main(void *args)
{
    struct wire *wire = args;
    struct pollfd listener = {.fd = wire->listener, .events = POLLIN};

    while (!atomic_load(&wire->closing))
        if (poll(&listener, 1, 50) > 0)
            take_up(wire, accept4(wire->listener, NULL, NULL, SOCK_CLOEXEC));
    return NULL;
}

struct wire *wire_open(const char *server_socket)
{
    struct wire *wire = calloc(1, sizeof(*wire));

    strcpy(wire->folder, "/tmp/frontrow-wire-XXXXXX");
    if (mkdtemp(wire->folder) == NULL)
        abort();
    snprintf(wire->path, sizeof(wire->path), "%s/mysql.sock", wire->folder);
    wire->server_socket = server_socket;
    struct sockaddr_un address = address_of(wire->path);
    wire->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(wire->listener, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(wire->listener, 64) != 0)
        abort();
    pthread_create(&wire->thread, NULL, listen_main, wire);
    return wire;
}

const char *wire_path(const struct wire *wire)
{
    return wire->path;
}

void wire_close(struct wire *wire)
{
    atomic_store(&wire->closing, true);
    pthread_join(wire->thread, NULL);
    while (atomic_load(&wire->connections) > 0)
        usleep(1000);
    close(wire->listener);
    unlink(wire->path);
    rmdir(wire->folder);
    free(wire);
}

void wire_cut_next(struct wire *wire, enum wire_cut cut, bool dead)
{
    atomic_store(&wire->dead_after, dead);
    atomic_store(&wire->next, cut);
}

void wire_mend(struct wire *wire)
{
    atomic_store(&wire->next, WIRE_WHOLE);
    atomic_store(&wire->dead, false);
}

int wire_trips(const struct wire *wire)
{
    return atomic_load(&wire->trips);
}

int wire_cuts(const struct wire *wire)
{
    return atomic_load(&wire->cuts);
}
