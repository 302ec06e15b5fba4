#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "ctl/ctl.h"
#include "domain/outbox_view.h"

enum { SHOWN_MAX = 20 };

int cmd_outbox(struct call *call, int argc, char **argv)
{
    struct outbox_view view;

    (void)argv;
    if (argc > 1)
        return ctl_usage("outbox");
    enum outcome outcome = outbox_view(call, 0, SHOWN_MAX, &view);
    if (outcome != OUTCOME_DONE)
        return ctl_failed(call, "outbox", outcome);
    printf("waiting %" PRIu64 "\nretrying %" PRIu64 "\nlag_ms %" PRId64 "\n", view.waiting, view.retrying, view.lag_ms);
    for (size_t i = 0; i < view.count; i++) {
        char created[CLOCK_TEXT_SIZE];
        clock_to_text(view.rows[i].event.created_ms, created);
        printf("%s\t%s\t%s %s\t%s\n", created, view.rows[i].sent_ms == 0 ? "unsent" : "sent", view.rows[i].event.type,
               view.rows[i].event.aggregateid, view.rows[i].event.id);
    }
    return EXIT_SUCCESS;
}
