/* frontrow-consumer: what follows from events, one thread for each group. */
#include <pthread.h>
#include <stdlib.h>
#include <talloc.h>

#include "base/log.h"
#include "daemon/daemon.h"
#include "events/consumer.h"
#include "events/webhook.h"

enum { LOOK_MS = 60000 };

static _Atomic bool stopping;

static void *run(void *args)
{
    consumer_run(args);
    return NULL;
}

int main(int argc, char **argv)
{
    struct daemon_options options = daemon_start(argc, argv, "does what follows from events");
    const struct bus *bus = bus_named(options.config->events_bus);
    const struct store_shared *shared = store_shared_new(options.config, options.config);
    struct consumer consumers[REACTIONS];
    pthread_t threads[REACTIONS];

    if (bus == NULL || shared == NULL)
        return 2;
    if (options.config->events_webhook_url[0] != '\0')
        webhook_process_start();
    for (size_t i = 0; i < REACTIONS; i++) {
        consumers[i] = (struct consumer){shared, bus, (enum reaction)i, &stopping};
        if (pthread_create(&threads[i], NULL, run, &consumers[i]) != 0)
            return EXIT_FAILURE;
    }
    while (!daemon_wait(LOOK_MS))
        continue;
    stopping = true;
    for (size_t i = 0; i < REACTIONS; i++)
        pthread_join(threads[i], NULL);
    log_info("consumer_stopped");
    return EXIT_SUCCESS;
}
