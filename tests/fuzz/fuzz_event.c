/* An event from the bus. The input: type, id, payload, a line each. */
#include <assert.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "domain/event.h"
#include "domain/reaction.h"
#include "tests/fuzz/fuzz.h"

void fuzz_start(void)
{
}

static const char *take_line(char **text)
{
    char *line = *text;
    size_t length = strcspn(line, "\n");

    *text = line + length + (line[length] != '\0');
    line[length] = '\0';
    return line;
}

/* What was understood can be written, and understood again. */
static void check_completed(struct call *call, const struct event *event)
{
    struct payment_completed completed;
    struct payment_completed again;

    if (!event_read_completed(call, event, &completed))
        return;
    assert(completed.account_id > 0 && completed.concert_id > 0 && completed.amount >= 0 && completed.seats_count > 0);
    assert(event_read_completed(call, event_payment_completed(call, &completed), &again));
    assert(again.payment_id == completed.payment_id && again.seats_count == completed.seats_count);
    assert(again.paid_ms == completed.paid_ms && again.amount == completed.amount);
    for (size_t i = 0; i < again.seats_count; i++)
        assert(strcmp(again.seats[i].reservation_number, completed.seats[i].reservation_number) == 0);
}

static void check_cancelled(struct call *call, const struct event *event)
{
    struct reservation_cancelled cancelled;
    struct reservation_cancelled again;

    if (!event_read_cancelled(call, event, &cancelled))
        return;
    assert(cancelled.account_id > 0 && cancelled.seat > 0 && cancelled.refunded >= 0);
    assert(event_read_cancelled(call, event_reservation_cancelled(call, &cancelled), &again));
    assert(strcmp(again.reservation_number, cancelled.reservation_number) == 0 && again.seat == cancelled.seat);
}

void fuzz_one(const uint8_t *bytes, size_t size)
{
    void *mem = must(talloc_new(NULL));
    struct call call = {.mem = mem, .store = fuzz_store(), .now_ms = 1800000000000};
    struct event event = {.aggregatetype = "payment", .aggregateid = "1"};
    char *text = fuzz_text(mem, bytes, size);

    event.type = take_line(&text);
    strncpy(event.id, take_line(&text), sizeof(event.id) - 1);
    event.payload = text;
    enum outcome outcome = reaction_check(&call, &event);
    assert(outcome == OUTCOME_DONE || outcome == OUTCOME_BAD_VALUE || outcome == OUTCOME_NOT_FOUND);
    check_completed(&call, &event);
    check_cancelled(&call, &event);
    talloc_free(mem);
}
