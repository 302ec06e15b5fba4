#include "daemon/daemon.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <time.h>

#include "base/log.h"

#define DEFAULT_CONFIG "/etc/frontrow.conf"

atomic_bool daemon_stopping;

static void usage(const char *program, const char *purpose)
{
    printf("%s: %s\n\n"
           "  -c, --config FILE  read this configuration (" DEFAULT_CONFIG ")\n"
           "  -t, --test         test the configuration, print it and exit\n"
           "      --pool NAME    frontrow-web: answer for fast, money, sign_in or office\n"
           "      --routes       frontrow-web: print the route table and exit\n"
           "      --version      print the version and exit\n"
           "      --help         print this and exit\n",
           program, purpose);
}

static enum log_level level_named(const char *name)
{
    if (strcmp(name, "error") == 0)
        return LOG_LEVEL_ERROR;
    if (strcmp(name, "warning") == 0)
        return LOG_LEVEL_WARNING;
    if (strcmp(name, "debug") == 0)
        return LOG_LEVEL_DEBUG;
    return LOG_LEVEL_INFO;
}

/* What the process runs by, from daemon_start() to its end. */
static const struct config *config;

static void free_config(void)
{
    talloc_free((void *)(uintptr_t)config);
}

static void block_signals(void)
{
    sigset_t blocked;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGHUP);
    sigaddset(&blocked, SIGCHLD);
    sigaddset(&blocked, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &blocked, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"test", no_argument, NULL, 't'},
    {"pool", required_argument, NULL, 'p'},
    {"routes", no_argument, NULL, 'r'},
    {"version", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct daemon_options daemon_start(int argc, char **argv, const char *purpose)
{
    struct daemon_options options = {0};
    const char *path = DEFAULT_CONFIG;
    bool test = false;
    int option;

    while ((option = getopt_long(argc, argv, "c:t", long_options, NULL)) != -1) {
        switch (option) {
        case 'c': path = optarg; break;
        case 't': test = true; break;
        case 'p': options.pool = optarg; break;
        case 'r': options.routes = true; return options;
        case 'v': printf("%s\n", VERSION); exit(EXIT_SUCCESS);
        case 'h': usage(argv[0], purpose); exit(EXIT_SUCCESS);
        default: exit(2);
        }
    }
    if (optind < argc) {
        fprintf(stderr, "%s: unexpected argument: %s\n", argv[0], argv[optind]);
        exit(2);
    }
    config = config_read(NULL, path);
    if (config == NULL)
        exit(2);
    atexit(free_config);
    options.config = config;
    options.config_path = path;
    if (test) {
        config_print(options.config);
        exit(EXIT_SUCCESS);
    }
    log_set_level(level_named(options.config->log_level));
    block_signals();
    return options;
}

bool daemon_wait(long milliseconds)
{
    struct timespec limit = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};
    sigset_t awaited;

    sigemptyset(&awaited);
    sigaddset(&awaited, SIGTERM);
    sigaddset(&awaited, SIGINT);
    int signal_number = sigtimedwait(&awaited, NULL, &limit);
    if (signal_number == SIGTERM || signal_number == SIGINT)
        daemon_stopping = true;
    return daemon_stopping;
}
