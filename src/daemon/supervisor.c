#include "daemon/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

enum { CALM_MS = 500, READY_MS = 10000, TICK_S = 1 };

struct worker {
    pid_t pid; /* 0: none runs */
    int64_t started_ns;
};

struct generation {
    struct worker worker[SUPERVISED_MAX];
    size_t count;
};

/* Of a process: the end of the pipe that its parent reads. */
static int ready_pipe = -1;

void supervisor_ready(void)
{
    /* A parent that fills a gap does not wait for the word. */
    ssize_t told = write(ready_pipe, "", 1);
    (void)told;
    close(ready_pipe);
}

bool supervisor_wait_to_end(void)
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

/* The parent's end of the pipe goes with the fork; the process keeps the other. */
static void become_worker(const struct supervision *supervision, size_t slot, const int ready[2], pid_t parent)
{
    close(ready[0]);
    ready_pipe = ready[1];
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    /* The parent may have died before the kernel knew that this one wants to be told. */
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
    supervision->work(supervision->shared, slot);
    abort();
}

/* Start one. The descriptor on which it says that it works, or -1. */
static int start(const struct supervision *supervision, size_t slot, struct worker *worker)
{
    pid_t parent = getpid();
    int ready[2];

    *worker = (struct worker){.started_ns = clock_steady_ns()};
    if (pipe(ready) != 0) {
        log_error("pipe_failed errno=\"%s\"", strerror(errno));
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0)
        become_worker(supervision, slot, ready, parent);
    close(ready[1]);
    if (pid > 0) {
        worker->pid = pid;
        return ready[0];
    }
    log_error("fork_failed errno=\"%s\"", strerror(errno));
    close(ready[0]);
    return -1;
}

static bool wait_until_ready(int ready, int64_t end_ns)
{
    struct pollfd waited = {.fd = ready, .events = POLLIN};
    char byte;

    if (ready < 0)
        return false;
    int64_t left_ms = (end_ns - clock_steady_ns()) / 1000000;
    bool said = poll(&waited, 1, left_ms > 0 ? (int)left_ms : 0) == 1 && read(ready, &byte, 1) == 1;
    close(ready);
    return said;
}

/* Start a whole generation. True when all of it works. */
static bool start_generation(const struct supervision *supervision, struct generation *generation)
{
    int64_t end_ns = clock_steady_ns() + (int64_t)READY_MS * 1000000;
    int ready[SUPERVISED_MAX];
    bool works = true;

    generation->count = supervision->count(supervision->shared);
    for (size_t i = 0; i < generation->count; i++)
        ready[i] = start(supervision, i, &generation->worker[i]);
    for (size_t i = 0; i < generation->count; i++)
        works = wait_until_ready(ready[i], end_ns) && works;
    return works;
}

static void tell(const struct generation *generation, int signal_number)
{
    for (size_t i = 0; i < generation->count; i++)
        if (generation->worker[i].pid > 0)
            kill(generation->worker[i].pid, signal_number);
}

/* The old generation goes only once the new one works; until then both do. */
static void replace(const struct supervision *supervision, struct generation *generation)
{
    struct generation fresh = {0};

    if (!supervision->reload(supervision->shared)) {
        log_error("reload_refused name=%s", supervision->name);
        return;
    }
    if (!start_generation(supervision, &fresh)) {
        log_error("replacement_failed name=%s", supervision->name);
        tell(&fresh, SIGTERM);
        return;
    }
    tell(generation, SIGUSR1);
    *generation = fresh;
    log_info("processes_replaced name=%s count=%zu", supervision->name, fresh.count);
}

static void note_death(const struct supervision *supervision, struct worker *worker, int status)
{
    int64_t lived_ms = (clock_steady_ns() - worker->started_ns) / 1000000;

    log_error("process_died name=%s pid=%d status=%d signal=%d lived_ms=%lld", supervision->name, (int)worker->pid,
              WIFEXITED(status) ? WEXITSTATUS(status) : 0, WIFSIGNALED(status) ? WTERMSIG(status) : 0,
              (long long)lived_ms);
    worker->pid = 0;
}

/* Of an older generation nobody asks any more: those are meant to go. */
static void collect_the_dead(const struct supervision *supervision, struct generation *generation)
{
    int status;

    for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG))
        for (size_t i = 0; i < generation->count; i++)
            if (generation->worker[i].pid == pid) {
                note_death(supervision, &generation->worker[i], status);
                supervision->died(supervision->shared, i);
            }
}

/* One that dies at once, again and again, or that could not be started, must not keep the parent busy. */
static void fill_the_gaps(const struct supervision *supervision, struct generation *generation)
{
    for (size_t i = 0; i < generation->count; i++) {
        struct worker *worker = &generation->worker[i];
        if (worker->pid > 0 || clock_steady_ns() - worker->started_ns < (int64_t)CALM_MS * 1000000)
            continue;
        int ready = start(supervision, i, worker);
        if (ready >= 0)
            close(ready);
    }
}

/* The next signal; 0 when a tick went by without one. */
static int next_signal(void)
{
    struct timespec tick = {.tv_sec = TICK_S};
    sigset_t awaited;

    sigemptyset(&awaited);
    sigaddset(&awaited, SIGTERM);
    sigaddset(&awaited, SIGINT);
    sigaddset(&awaited, SIGHUP);
    sigaddset(&awaited, SIGCHLD);
    int signal_number = sigtimedwait(&awaited, NULL, &tick);
    return signal_number < 0 ? 0 : signal_number;
}

void supervisor_run(const struct supervision *supervision)
{
    struct generation generation = {0};
    int signal_number = 0;

    start_generation(supervision, &generation);
    log_info("processes_started name=%s count=%zu", supervision->name, generation.count);
    while (signal_number != SIGTERM && signal_number != SIGINT) {
        signal_number = next_signal();
        collect_the_dead(supervision, &generation);
        fill_the_gaps(supervision, &generation);
        if (signal_number == SIGHUP)
            replace(supervision, &generation);
    }
    supervision->close(supervision->shared);
    tell(&generation, SIGTERM);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
        continue;
}
