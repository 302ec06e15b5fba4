/*
 * frontrow-web: the parent opens the pool's socket, keeps its processes running and replaces them on
 * SIGHUP; each child is one edge of many threads.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"
#include "daemon/daemon.h"
#include "http/dispatch.h"
#include "http/edge.h"
#include "http/routes_print.h"
#include "store/mysql.h"
#include "store/store.h"

enum { CALM_MS = 1000 };

struct pool_setting {
    enum pool pool;
    long processes;
    long threads;
    const char *address;
    int listener;
    int give;
    int take;
};

struct worker {
    pid_t pid;
    int64_t started_ns;
};

/* One process of a pool: what its threads share. */
struct process {
    const struct pool_setting *setting;
    struct store_shared *shared;
    size_t slot;
};

static bool setting_of(const struct config *config, const char *name, struct pool_setting *setting)
{
    const struct pool_setting settings[POOLS] = {
        {POOL_FAST, config->web_fast_processes, config->web_fast_threads, config->web_fast_listen, -1, -1, -1},
        {POOL_MONEY, config->web_money_processes, config->web_money_threads, config->web_money_listen, -1, -1, -1},
        {POOL_SIGN_IN, config->web_sign_in_processes, config->web_sign_in_threads, config->web_sign_in_listen, -1, -1,
         -1},
        {POOL_OFFICE, config->web_office_processes, config->web_office_threads, config->web_office_listen, -1, -1, -1},
    };

    for (size_t i = 0; i < POOLS; i++)
        if (strcmp(pool_name(settings[i].pool), name) == 0) {
            *setting = settings[i];
            if (setting->address[0] == '\0')
                setting->address = must(talloc_asprintf(config, "%s/web-%s.sock", config->run_dir, name));
            return true;
        }
    return false;
}

static void *start_desk(void *shared, size_t thread)
{
    struct process *process = shared;
    struct desk *desk = must(talloc_zero(NULL, struct desk));

    (void)thread;
    desk->store = store_new(desk, process->shared);
    desk->pool = process->setting->pool;
    desk->mem = must(talloc_pool(desk, 64 * 1024));
    desk->busy = &process->shared->counters->busy[process->setting->pool][process->slot];
    return desk;
}

static void stop_desk(void *desk)
{
    talloc_free(desk);
    mysql_thread_stop();
}

/* Until told to go. True when a new generation goes on with the connections. */
static bool wait_to_go(void)
{
    sigset_t awaited;
    int signal_number;

    sigemptyset(&awaited);
    sigaddset(&awaited, SIGTERM);
    sigaddset(&awaited, SIGINT);
    sigaddset(&awaited, SIGUSR1);
    while (sigwait(&awaited, &signal_number) != 0)
        continue;
    return signal_number == SIGUSR1;
}

/* A child: serve until told to stop, then drain. Never returns. */
static _Noreturn void run_worker(const struct config *config, const struct pool_setting *setting, size_t slot)
{
    struct process process = {.setting = setting, .slot = slot};

    prctl(PR_SET_PDEATHSIG, SIGTERM);
    process.shared = store_shared_new(NULL, config);
    if (process.shared == NULL)
        _exit(EXIT_FAILURE);
    struct edge *edge = edge_start(&(struct edge_options){.listen_socket = setting->listener,
                                                          .give_socket = setting->give,
                                                          .take_socket = setting->take,
                                                          .threads = (size_t)setting->threads,
                                                          .serve = dispatch,
                                                          .thread_start = start_desk,
                                                          .thread_stop = stop_desk,
                                                          .shared = &process});
    if (edge == NULL)
        _exit(EXIT_FAILURE);
    bool has_successor = wait_to_go();
    edge_drain(edge, has_successor, config->web_drain_ms);
    talloc_free(process.shared);
    exit(EXIT_SUCCESS);
}

static void start_worker(const struct config *config, const struct pool_setting *setting, size_t slot,
                         struct worker *worker)
{
    pid_t pid = fork();

    if (pid == 0)
        run_worker(config, setting, slot);
    if (pid < 0)
        log_error("fork_failed errno=\"%s\"", strerror(errno));
    *worker = (struct worker){.pid = pid, .started_ns = clock_steady_ns()};
}

static void start_all(const struct config *config, const struct pool_setting *setting, struct worker *workers)
{
    for (size_t i = 0; i < (size_t)setting->processes; i++)
        start_worker(config, setting, i, &workers[i]);
}

static void signal_all(const struct pool_setting *setting, const struct worker *workers, int signal_number)
{
    for (size_t i = 0; i < (size_t)setting->processes; i++)
        if (workers[i].pid > 0)
            kill(workers[i].pid, signal_number);
}

/* One that dies at once, again and again, must not be started in a tight loop. */
static void calm_down(const struct worker *worker)
{
    int64_t lived_ms = (clock_steady_ns() - worker->started_ns) / 1000000;

    if (lived_ms < CALM_MS) {
        struct timespec pause = {.tv_nsec = (CALM_MS - lived_ms) * 1000000 / 2};
        nanosleep(&pause, NULL);
    }
}

/* Nobody answers in this slot yet. Not for a replacement: there the old generation still does. */
static void clear_slot(struct counters *counters, const struct pool_setting *setting, size_t slot)
{
    counters->busy[setting->pool][slot] = 0;
    counters->threads[setting->pool][slot] = (uint64_t)setting->threads;
}

/* Collect the dead. Old generations are expected to go; one of this generation is started again. */
static void reap(const struct config *config, const struct pool_setting *setting, struct worker *workers,
                 struct counters *counters)
{
    int status;

    for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG))
        for (size_t i = 0; i < (size_t)setting->processes; i++) {
            if (workers[i].pid != pid)
                continue;
            log_error("worker_died pool=%s pid=%d status=%d signal=%d", pool_name(setting->pool), (int)pid,
                      WIFEXITED(status) ? WEXITSTATUS(status) : 0, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
            counters_add(counters, COUNTER_worker_restarts, 1);
            calm_down(&workers[i]);
            clear_slot(counters, setting, i);
            start_worker(config, setting, i, &workers[i]);
        }
}

/* Both generations accept on the same socket until the old one has handed its connections over. */
static void replace(const struct config *config, const struct pool_setting *setting, struct worker *workers)
{
    struct worker old[COUNTERS_PROCESSES_MAX];

    memcpy(old, workers, sizeof(old));
    start_all(config, setting, workers);
    signal_all(setting, old, SIGUSR1);
    log_info("workers_replaced pool=%s", pool_name(setting->pool));
}

static void supervise(const struct config *config, const struct pool_setting *setting)
{
    struct worker workers[COUNTERS_PROCESSES_MAX] = {0};
    struct counters *counters = counters_open(config->run_dir);
    sigset_t awaited;
    int signal_number = 0;

    sigemptyset(&awaited);
    sigaddset(&awaited, SIGTERM);
    sigaddset(&awaited, SIGINT);
    sigaddset(&awaited, SIGHUP);
    sigaddset(&awaited, SIGCHLD);
    for (size_t i = 0; i < (size_t)setting->processes; i++)
        clear_slot(counters, setting, i);
    start_all(config, setting, workers);
    log_info("pool_open pool=%s address=%s processes=%ld threads=%ld", pool_name(setting->pool), setting->address,
             setting->processes, setting->threads);
    while (signal_number != SIGTERM && signal_number != SIGINT) {
        if (sigwait(&awaited, &signal_number) != 0)
            continue;
        if (signal_number == SIGCHLD)
            reap(config, setting, workers, counters);
        if (signal_number == SIGHUP)
            replace(config, setting, workers);
    }
    signal_all(setting, workers, SIGTERM);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
        continue;
    for (size_t i = 0; i < (size_t)setting->processes; i++)
        counters->threads[setting->pool][i] = counters->busy[setting->pool][i] = 0;
}

int main(int argc, char **argv)
{
    struct daemon_options options = daemon_start(argc, argv, "answers HTTP behind nginx, one pool of workers");
    struct pool_setting setting;

    if (options.routes) {
        routes_print(stdout);
        return EXIT_SUCCESS;
    }
    if (options.pool == NULL || !setting_of(options.config, options.pool, &setting)) {
        fprintf(stderr, "%s: --pool must be fast, money, sign_in or office\n", argv[0]);
        return 2;
    }
    /* Closing waits for nginx to close first; it does so at once or not at all. */
    setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "200", 0);
    /* The zone is set once here, so that clock.c later only exchanges a value that is there. */
    setenv("TZ", "UTC", 1);
    setting.listener = edge_listen(setting.address, (int)options.config->web_backlog);
    if (setting.listener < 0 || !edge_hand_over_pair(&setting.give, &setting.take))
        return EXIT_FAILURE;
    supervise(options.config, &setting);
    if (strchr(setting.address, '/') != NULL)
        unlink(setting.address);
    return EXIT_SUCCESS;
}
