#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl/ctl.h"
#include "store/concert_warm_up.h"
#include "store/concerts.h"

int cmd_sync(struct call *call, int argc, char **argv)
{
    uint64_t *concert_ids;
    size_t count;

    (void)argv;
    if (argc > 1)
        return ctl_usage("sync");
    enum outcome outcome = concerts_running(call, &concert_ids, &count);
    for (size_t i = 0; outcome == OUTCOME_DONE && i < count; i++) {
        outcome = concert_refresh(call, concert_ids[i]);
        if (outcome == OUTCOME_DONE)
            outcome = concert_sync(call, concert_ids[i]);
        if (outcome == OUTCOME_DONE)
            printf("concert %" PRIu64 " in line\n", concert_ids[i]);
    }
    return outcome == OUTCOME_DONE ? EXIT_SUCCESS : ctl_failed(call, "sync", outcome);
}
