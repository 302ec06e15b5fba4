/*
 * A parent and its processes: keeps a number of them running, replaces all of them on SIGHUP without
 * a gap, and ends with them on SIGTERM or SIGINT.
 */
#ifndef FRONTROW_DAEMON_SUPERVISOR_H
#define FRONTROW_DAEMON_SUPERVISOR_H

#include <stdbool.h>
#include <stddef.h>

enum { SUPERVISED_MAX = 64 };

struct supervision {
    const char *name; /* for the log */
    void *shared;     /* what every function below gets */

    /* How many processes there shall be, at most SUPERVISED_MAX; asked again after a reload. */
    size_t (*count)(void *shared);

    /*
     * In a new process: call supervisor_ready() once it works, go on until told, and never return.
     * SIGTERM tells it to end; SIGUSR1, too, with a successor already at work.
     */
    void (*work)(void *shared, size_t slot);

    /* A process of this slot has died unasked; another will be started. */
    void (*died)(void *shared, size_t slot);

    /* On SIGHUP, before the new generation: read the configuration again. False: go on with the old one. */
    bool (*reload)(void *shared);

    /* Before the last generation is told to end: let nobody else come in. */
    void (*close)(void *shared);
};

/* Run until SIGTERM or SIGINT, which daemon_start() has blocked; returns when all processes have ended. */
void supervisor_run(const struct supervision *supervision);

/* In a process: say that it works now. */
void supervisor_ready(void);

/* In a process: sleep until told to end. True when a successor is at work. */
bool supervisor_wait_to_end(void);

#endif
