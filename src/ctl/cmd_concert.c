#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/ctl.h"
#include "domain/concert.h"

enum { LISTED_MAX = 100 };

int cmd_concert(struct call *call, int argc, char **argv)
{
    struct concert *concerts;
    size_t count;

    if (argc != 2 || strcmp(argv[1], "list") != 0)
        return ctl_usage("concert list");
    enum outcome outcome = concert_list(call, 0, LISTED_MAX, &concerts, &count);
    if (outcome != OUTCOME_DONE)
        return ctl_failed(call, "concert", outcome);
    for (size_t i = 0; i < count; i++) {
        char starts[CLOCK_TEXT_SIZE];
        clock_to_text(concerts[i].plan->starts_ms, starts);
        printf("%" PRIu64 "\t%s\t%s\t%s\t%" PRId64 " of %" PRIu32 " sold\n", concerts[i].plan->concert_id,
               concert_state(call, &concerts[i]), starts, concerts[i].plan->title, concerts[i].sold,
               concerts[i].plan->seats_total);
    }
    return EXIT_SUCCESS;
}
