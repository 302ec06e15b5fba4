#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/edge.h"
#include "tests/unit/unit.h"

enum { NEWCOMERS = 100, TURNS_MAX = 4, PATIENCE_MS = 5000 };

/* One request on a kept connection: its beginning, no parameters, no body. */
static const unsigned char request[] = {
    1, 1, 0, 1, 0, 8, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, /* FCGI_BEGIN_REQUEST: a responder that keeps the connection */
    1, 4, 0, 1, 0, 0, 0, 0,                         /* FCGI_PARAMS */
    1, 5, 0, 1, 0, 0, 0, 0,                         /* FCGI_STDIN */
};

struct scene {
    sem_t first_is_served;
    sem_t go_on;
    sem_t end;
    int kept; /* nginx's end of the connection that is never idle */
    int turns;
    int newcomers;
    int last_in_turn; /* how often the kept one had been served when the last newcomer was */
    int kept_descriptor;
};

static void *come_in(void *shared, size_t thread)
{
    (void)thread;
    return shared;
}

static void leave(void *thread_data)
{
    (void)thread_data;
}

static void ask(int socket)
{
    assert_int_equal(write(socket, request, sizeof(request)), sizeof(request));
}

/* The kept connection asks again before it is answered, so it always has something to say. */
static void serve(FCGX_Request *fcgi, void *thread_data)
{
    struct scene *scene = thread_data;

    if (scene->turns == 0) {
        scene->kept_descriptor = fcgi->ipcFd;
        sem_post(&scene->first_is_served);
        sem_wait(&scene->go_on);
    }
    if (fcgi->ipcFd == scene->kept_descriptor) {
        scene->turns++;
        if (scene->newcomers < NEWCOMERS)
            ask(scene->kept);
    } else if (++scene->newcomers == NEWCOMERS) {
        scene->last_in_turn = scene->turns;
        sem_post(&scene->end);
    }
}

static int knock(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int end = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strcpy(address.sun_path, path);
    assert_int_equal(connect(end, (const struct sockaddr *)&address, sizeof(address)), 0);
    ask(end);
    return end;
}

static struct edge *open_edge(struct scene *scene, const char *path)
{
    struct edge_options options = {.listen_socket = edge_listen(path, 2 * NEWCOMERS),
                                   .threads = 1,
                                   .serve = serve,
                                   .thread_start = come_in,
                                   .thread_stop = leave,
                                   .shared = scene};

    assert_true(edge_hand_over_pair(&options.give_socket, &options.take_socket));
    struct edge *edge = edge_start(&options);
    assert_non_null(edge);
    return edge;
}

static void who_comes_while_all_are_busy_does_not_wait_behind_those_who_stay(void **state)
{
    (void)state;
    struct scene scene = {0};
    char folder[] = "/tmp/frontrow-edge.XXXXXX";
    char path[64];
    int newcomers[NEWCOMERS];

    sem_init(&scene.first_is_served, 0, 0);
    sem_init(&scene.go_on, 0, 0);
    sem_init(&scene.end, 0, 0);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/edge.sock", folder);
    struct edge *edge = open_edge(&scene, path);

    scene.kept = knock(path);
    sem_wait(&scene.first_is_served);
    for (int i = 0; i < NEWCOMERS; i++)
        newcomers[i] = knock(path);
    sem_post(&scene.go_on);
    sem_wait(&scene.end);
    assert_in_range(scene.last_in_turn, 1, TURNS_MAX);

    for (int i = 0; i < NEWCOMERS; i++)
        close(newcomers[i]);
    close(scene.kept);
    edge_drain(edge, false, PATIENCE_MS);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_comes_while_all_are_busy_does_not_wait_behind_those_who_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
