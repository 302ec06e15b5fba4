#include "domain/waits.h"

#include "domain/flow.h"

/* Others than the last may be left in line: who was absent and came back stands before it. */
static bool has_last_in_line(const struct queue_row *row)
{
    return row->waiting > 0 && row->served < row->last;
}

static bool is_served(const struct queue_row *row, uint64_t number)
{
    return row->served >= number || row->waiting == 0;
}

static struct wait told(const struct queue_row *row)
{
    struct wait wait = {.is_told = false};

    if (row->flowing)
        wait.is_told = flow_wait(row->flow, row->waiting - 1, &wait.low_s, &wait.high_s);
    return wait;
}

static bool came_true(const struct wait *wait, int step_s)
{
    return wait->true_s >= wait->low_s && wait->true_s - step_s <= wait->high_s;
}

/* Who comes later is served later, so the search goes on where the one before it ended: one pass over the rows. */
struct waits_right waits_judge(const struct queue_row *rows, size_t count, int step_s, struct wait *waits)
{
    struct waits_right judged = {0};
    size_t served = 0;

    for (size_t i = 0; i < count; i++) {
        waits[i] = (struct wait){.is_told = false};
        if (!has_last_in_line(&rows[i]))
            continue;
        waits[i] = told(&rows[i]);
        served = served > i ? served : i + 1;
        while (served < count && !is_served(&rows[served], rows[i].last))
            served++;
        if (served >= count)
            continue;
        waits[i].is_over = true;
        waits[i].true_s = rows[served].ends_s - rows[i].ends_s;
        judged.over += waits[i].is_told;
        judged.right += waits[i].is_told && came_true(&waits[i], step_s);
    }
    return judged;
}
