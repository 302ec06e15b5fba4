/*
 * frontrow-web: one pool. The parent opens its socket and supervises its processes; each of them is
 * one edge of many threads.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <talloc.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"
#include "daemon/daemon.h"
#include "daemon/supervisor.h"
#include "http/dispatch.h"
#include "http/edge.h"
#include "http/routes_print.h"
#include "store/mysql.h"
#include "store/store.h"

struct pool_setting {
    enum pool pool;
    long processes;
    long threads;
    const char *address;
};

/* What the parent has and its processes inherit. */
struct web {
    const char *config_path;
    const struct config *config;
    struct counters *counters;
    struct pool_setting setting;
    int listener;
    int give;
    int take;
};

/*
 * When there are more requests than processors, nginx must come first: it alone refuses what is too much,
 * and it cannot say so in time while the workers take its turn. They queue cheaply meanwhile. It counts among
 * processes of one session or unit; between those, systemd/nginx.service.d can put nginx first.
 */
enum { STEP_BACK = 5 };

/* One process of the pool: what its threads share. */
struct process {
    const struct web *web;
    struct store_shared *shared;
    size_t slot;
};

static bool setting_of(const struct config *config, const char *name, struct pool_setting *setting)
{
    const struct pool_setting settings[POOLS] = {
        {POOL_FAST, config->web_fast_processes, config->web_fast_threads, config->web_fast_listen},
        {POOL_MONEY, config->web_money_processes, config->web_money_threads, config->web_money_listen},
        {POOL_SIGN_IN, config->web_sign_in_processes, config->web_sign_in_threads, config->web_sign_in_listen},
        {POOL_OFFICE, config->web_office_processes, config->web_office_threads, config->web_office_listen},
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
    const struct web *web = process->web;
    struct desk *desk = must(talloc_zero(NULL, struct desk));

    (void)thread;
    desk->store = store_new(desk, process->shared);
    desk->pool = web->setting.pool;
    desk->mem = must(talloc_pool(desk, 64 * 1024));
    desk->busy = &process->shared->counters->busy[web->setting.pool][process->slot];
    return desk;
}

static void stop_desk(void *desk)
{
    talloc_free(desk);
    mysql_thread_stop();
}

/* A process: serve until told to end, then drain. Never returns. */
static void work(void *shared, size_t slot)
{
    const struct web *web = shared;
    struct process process = {.web = web, .slot = slot};

    process.shared = store_shared_new(NULL, web->config);
    if (process.shared == NULL)
        _exit(EXIT_FAILURE);
    struct edge *edge = edge_start(&(struct edge_options){.listen_socket = web->listener,
                                                          .give_socket = web->give,
                                                          .take_socket = web->take,
                                                          .threads = (size_t)web->setting.threads,
                                                          .serve = dispatch,
                                                          .thread_start = start_desk,
                                                          .thread_stop = stop_desk,
                                                          .shared = &process});
    if (edge == NULL)
        _exit(EXIT_FAILURE);
    supervisor_ready();
    bool has_successor = supervisor_wait_to_end();
    edge_drain(edge, has_successor, web->config->web_drain_ms);
    talloc_free(process.shared);
    exit(EXIT_SUCCESS);
}

static size_t count(void *shared)
{
    const struct web *web = shared;

    return (size_t)web->setting.processes;
}

/* What it was answering, it answers no more. */
static void died(void *shared, size_t slot)
{
    const struct web *web = shared;

    counters_add(web->counters, COUNTER_worker_restarts, 1);
    web->counters->busy[web->setting.pool][slot] = 0;
}

static void show_threads(const struct web *web)
{
    for (size_t i = 0; i < COUNTERS_PROCESSES_MAX; i++)
        web->counters->threads[web->setting.pool][i] =
            i < (size_t)web->setting.processes ? (uint64_t)web->setting.threads : 0;
}

/* Everything but the address, which is open already, and the run folder, where the counters are. */
static bool reload(void *shared)
{
    struct web *web = shared;
    const struct config *config = config_read(web->config, web->config_path);
    struct pool_setting setting;

    if (config == NULL || !setting_of(config, pool_name(web->setting.pool), &setting))
        return false;
    setting.address = web->setting.address;
    web->config = config;
    web->setting = setting;
    show_threads(web);
    return true;
}

/* Who comes now is refused at once instead of waiting for somebody to accept. */
static void close_pool(void *shared)
{
    const struct web *web = shared;

    if (strchr(web->setting.address, '/') != NULL)
        unlink(web->setting.address);
    shutdown(web->listener, SHUT_RDWR);
}

int main(int argc, char **argv)
{
    struct daemon_options options = daemon_start(argc, argv, "answers HTTP behind nginx, one pool of workers");
    static struct web web;

    if (options.routes) {
        routes_print(stdout);
        return EXIT_SUCCESS;
    }
    web.config_path = options.config_path;
    web.config = options.config;
    if (options.pool == NULL || !setting_of(options.config, options.pool, &web.setting)) {
        fprintf(stderr, "%s: --pool must be fast, money, sign_in or office\n", argv[0]);
        return 2;
    }
    /* Closing waits for nginx to close first; it does so at once or not at all. */
    setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "200", 0);
    /* The zone is set once here, so that clock.c later only exchanges a value that is there. */
    setenv("TZ", "UTC", 1);
    web.counters = counters_open(options.config->run_dir);
    web.listener = edge_listen(web.setting.address, (int)options.config->web_backlog);
    if (web.listener < 0 || !edge_hand_over_pair(&web.give, &web.take))
        return EXIT_FAILURE;
    for (size_t i = 0; i < COUNTERS_PROCESSES_MAX; i++)
        web.counters->busy[web.setting.pool][i] = 0;
    show_threads(&web);
    log_info("pool_open pool=%s address=%s", options.pool, web.setting.address);
    errno = 0;
    if (nice(STEP_BACK) == -1 && errno != 0)
        log_warning("priority_kept errno=\"%s\"", strerror(errno));
    supervisor_run(&(struct supervision){.name = options.pool,
                                         .shared = &web,
                                         .count = count,
                                         .work = work,
                                         .died = died,
                                         .reload = reload,
                                         .close = close_pool});
    web.setting.processes = 0;
    show_threads(&web);
    return EXIT_SUCCESS;
}
