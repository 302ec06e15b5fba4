#include <inttypes.h>

#include "base/clock.h"
#include "domain/series.h"
#include "http/handlers.h"

enum { SINCE_DEFAULT_MS = 60 * 60 * 1000 };

/* Only codes that occurred: most rows have none or two. */
static void put_refused(struct text *body, const struct queue_row *row)
{
    static const char *const codes[] = {
#define CODE(name) #name,
        QUEUES_REFUSALS(CODE)
#undef CODE
    };
    uint64_t total = 0;

    text_put(body, ",\"refused\":{");
    for (size_t i = 0; i < QUEUES_REFUSED_CODES; i++) {
        if (row->refused[i] > 0)
            text_format(body, "%s\"%s\":%" PRIu64, total > 0 ? "," : "", codes[i], row->refused[i]);
        total += row->refused[i];
    }
    text_format(body, "},\"refusals\":%" PRIu64, total);
}

static void put_seconds(struct text *body, const char *name, bool is_known, int64_t seconds)
{
    if (is_known)
        text_format(body, ",\"%s\":%" PRId64, name, seconds);
    else
        text_format(body, ",\"%s\":null", name);
}

static void put_wait(struct text *body, const struct wait *wait)
{
    put_seconds(body, "told_low_s", wait->is_told, wait->low_s);
    put_seconds(body, "told_high_s", wait->is_told, wait->high_s);
    put_seconds(body, "true_s", wait->is_over, wait->true_s);
}

static void put_row(struct text *body, const struct queue_row *row, const struct wait *wait)
{
    text_put(body, "{\"at\":");
    text_json_time(body, row->ends_s * 1000);
#define COUNT(name) text_format(body, ",\"" #name "\":%" PRIu64, row->name);
    QUEUES_COUNTS(COUNT)
#undef COUNT
    put_refused(body, row);
    text_format(body, ",\"waiting\":%" PRIu64 ",\"admitted\":%" PRIu64 ",\"active\":%" PRIu64 ",\"away\":%" PRIu64,
                row->waiting, row->admitted, row->active, row->away);
    put_wait(body, wait);
    text_put(body, "}");
}

static enum outcome read_since(struct request *request, int64_t *since_ms)
{
    const char *since = request_parameter(request, "since");

    *since_ms = request->call.now_ms - SINCE_DEFAULT_MS;
    return since == NULL || clock_from_text(since, since_ms)
               ? OUTCOME_DONE
               : call_refuse_field(&request->call, "since", "It must be a time as in RFC 3339.");
}

enum outcome get_operator_stats(struct request *request, struct response *response)
{
    struct text *body = response->body;
    uint64_t concert_id;
    int64_t since_ms;
    struct series series;
    enum outcome outcome = request_path_id(request, 0, &concert_id);

    if (outcome == OUTCOME_DONE)
        outcome = read_since(request, &since_ms);
    if (outcome == OUTCOME_DONE)
        outcome = series_read(&request->call, concert_id, since_ms, &series);
    if (outcome != OUTCOME_DONE)
        return outcome;
    text_format(body, "{\"step_s\":%d,\"series\":[", series.step_s);
    for (size_t i = 0; i < series.count; i++) {
        text_put(body, i == 0 ? "" : ",");
        put_row(body, &series.row[i], &series.wait[i]);
    }
    text_format(body, "],\"waits\":{\"over\":%zu,\"right\":%zu},\"server_now\":", series.waits_right.over,
                series.waits_right.right);
    text_json_time(body, request->call.now_ms);
    text_put(body, "}");
    return OUTCOME_DONE;
}
