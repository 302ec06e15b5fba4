#include <stdlib.h>
#include <talloc.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/daemon.h"
#include "domain/admission.h"
#include "store/store.h"

int main(int argc, char **argv)
{
    struct daemon_options options =
        daemon_start(argc, argv, "admits fans from the queues; any number of gates may run");
    struct store_shared *shared = store_shared_new(options.config, options.config);

    if (shared == NULL)
        return EXIT_FAILURE;
    struct gate *gate = gate_new(shared, store_new(shared, shared));
    log_info("gate_started tick_ms=%ld", options.config->gate_tick_ms);
    do
        gate_round(gate, clock_now_ms());
    while (!daemon_wait(options.config->gate_tick_ms));
    log_info("gate_stopped");
    talloc_free(shared);
    return EXIT_SUCCESS;
}
