/* What operators see of the events on their way. */
#ifndef FRONTROW_DOMAIN_OUTBOX_VIEW_H
#define FRONTROW_DOMAIN_OUTBOX_VIEW_H

#include <stddef.h>
#include <stdint.h>

#include "base/call.h"
#include "store/outbox.h"

struct outbox_view {
    uint64_t waiting;  /* in the outbox: not sent, or not in the hands of every group yet */
    uint64_t retrying; /* put off in a group: counted once a group */
    int64_t lag_ms;    /* age of the oldest that waits; 0 when none does */
    struct outbox_row *rows;
    size_t count;
};

/* With up to limit rows behind the position after. DONE or UNAVAILABLE. */
enum outcome outbox_view(struct call *call, uint64_t after, size_t limit, struct outbox_view *view);

#endif
