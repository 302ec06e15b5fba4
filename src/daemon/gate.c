#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <talloc.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "daemon/daemon.h"
#include "domain/admission.h"
#include "domain/upkeep.h"
#include "store/mysql.h"
#include "store/store.h"

/* Waits for MySQL where it must, which is why it has a thread of its own. */
static void *keep_up(void *upkeep)
{
    struct timespec pause = {.tv_nsec = 100 * 1000000};

    while (!daemon_stopping) {
        upkeep_round(upkeep, clock_now_ms());
        nanosleep(&pause, NULL);
    }
    mysql_thread_stop();
    return NULL;
}

int main(int argc, char **argv)
{
    struct daemon_options options =
        daemon_start(argc, argv, "admits fans from the queues; any number of gates may run");
    struct store_shared *shared = store_shared_new(options.config, options.config);
    pthread_t thread;

    if (shared == NULL)
        return EXIT_FAILURE;
    /* talloc trees belong to one thread each. */
    void *own = must(talloc_new(NULL));
    struct upkeep *upkeep = upkeep_new(own, store_new(own, shared));
    struct gate *gate = gate_new(shared, store_new(shared, shared), upkeep);
    if (pthread_create(&thread, NULL, keep_up, upkeep) != 0)
        return EXIT_FAILURE;
    log_info("gate_started tick_ms=%ld", options.config->gate_tick_ms);
    bool is_drawing;
    do
        is_drawing = gate_round(gate, clock_now_ms());
    while (!daemon_wait(is_drawing ? 0 : options.config->gate_tick_ms));
    pthread_join(thread, NULL);
    talloc_free(own);
    log_info("gate_stopped");
    talloc_free(shared);
    return EXIT_SUCCESS;
}
