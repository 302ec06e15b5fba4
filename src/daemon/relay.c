/* frontrow-relay: what the outbox holds goes to the bus. */
#include <pthread.h>
#include <stdlib.h>
#include <talloc.h>

#include "base/log.h"
#include "daemon/daemon.h"
#include "events/relay.h"

enum { LOOK_MS = 60000 };

struct work {
    const struct store_shared *shared;
    const struct bus *bus;
    _Atomic bool stopping;
};

static void *run(void *args)
{
    struct work *work = args;

    relay_run(work->shared, work->bus, &work->stopping);
    return NULL;
}

int main(int argc, char **argv)
{
    struct daemon_options options = daemon_start(argc, argv, "takes events from the outbox to the bus");
    struct work work = {.bus = bus_named(options.config->events_bus)};
    pthread_t thread;

    work.shared = store_shared_new(options.config, options.config);
    if (work.bus == NULL || work.shared == NULL)
        return 2;
    if (pthread_create(&thread, NULL, run, &work) != 0)
        return EXIT_FAILURE;
    log_info("relay_ready bus=%s", work.bus->name);
    while (!daemon_wait(LOOK_MS))
        continue;
    work.stopping = true;
    pthread_join(thread, NULL);
    log_info("relay_stopped");
    return EXIT_SUCCESS;
}
