/*
 * What every daemon's main() does alike: options, configuration, log level, signals.
 */
#ifndef FRONTROW_DAEMON_DAEMON_H
#define FRONTROW_DAEMON_DAEMON_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/config.h"

struct daemon_options {
    const struct config *config;
    const char *config_path;
    const char *pool; /* --pool, for frontrow-web alone */
    bool routes;      /* --routes, for frontrow-web alone */
};

/*
 * Read the command line and the configuration, block SIGTERM, SIGINT, SIGHUP and SIGPIPE in this
 * thread and all it will start. Exits by itself for --help, --version, -t and for mistakes (2).
 */
struct daemon_options daemon_start(int argc, char **argv, const char *purpose);

/* Set once SIGTERM or SIGINT arrived; loops look at it. */
extern atomic_bool daemon_stopping;

/*
 * Sleep until a blocked signal or the time has passed. True when the daemon shall stop. For the
 * main thread; loops elsewhere look at daemon_stopping.
 */
bool daemon_wait(long milliseconds);

#endif
