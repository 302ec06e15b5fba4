/*
 * The counters page as Prometheus text (exposition format 0.0.4). Names follow its rules: base units,
 * _total for what only grows. Buckets there are cumulative, ours are not.
 */
#include <inttypes.h>
#include <string.h>

#include "base/counters.h"
#include "domain/health.h"
#include "http/handlers.h"
#include "http/status.h"

static void put_help(struct text *body, const char *name, const char *type, const char *help)
{
    text_format(body, "# HELP frontrow_%s %s\n# TYPE frontrow_%s %s\n", name, help, name, type);
}

static void put_totals(struct text *body, const struct counters *counters)
{
    for (size_t i = 0; i < COUNTERS; i++) {
        text_format(body, "# HELP frontrow_%s_total %s\n# TYPE frontrow_%s_total counter\n", counter_names[i].name,
                    counter_names[i].help, counter_names[i].name);
        text_format(body, "frontrow_%s_total %" PRIu64 "\n", counter_names[i].name, counters->total[i]);
    }
}

static void put_refusals(struct text *body, const struct counters *counters)
{
    put_help(body, "refusals_total", "counter", "Refusals by code.");
    for (size_t i = 1; i < OUTCOMES; i++)
        text_format(body, "frontrow_refusals_total{code=\"%s\"} %" PRIu64 "\n", outcome_code((enum outcome)i),
                    counters->refusals[i]);
}

static void put_route_label(struct text *body, size_t index)
{
    if (index == routes_count)
        text_put(body, "method=\"-\",route=\"none\"");
    else
        text_format(body, "method=\"%s\",route=\"%s\"", routes[index].method, routes[index].path);
}

static void put_requests(struct text *body, const struct counters *counters)
{
    put_help(body, "requests_total", "counter", "Requests answered, by route and status.");
    for (size_t i = 0; i <= routes_count; i++)
        for (size_t s = 0; status_at(s) != 0; s++) {
            if (counters->route[i].by_status[s] == 0)
                continue;
            text_put(body, "frontrow_requests_total{");
            put_route_label(body, i);
            text_format(body, ",status=\"%d\"} %" PRIu64 "\n", status_at(s), counters->route[i].by_status[s]);
        }
}

static void put_histogram(struct text *body, const struct counters_route *route, size_t index)
{
    uint64_t below = 0;

    for (size_t b = 0; b <= COUNTERS_BUCKETS; b++) {
        below += route->bucket[b];
        text_put(body, "frontrow_request_seconds_bucket{");
        put_route_label(body, index);
        if (b < COUNTERS_BUCKETS)
            text_format(body, ",le=\"%g\"} %" PRIu64 "\n", counters_bucket_us[b] / 1e6, below);
        else
            text_format(body, ",le=\"+Inf\"} %" PRIu64 "\n", below);
    }
    text_put(body, "frontrow_request_seconds_sum{");
    put_route_label(body, index);
    text_format(body, "} %g\nfrontrow_request_seconds_count{", (double)route->sum_us / 1e6);
    put_route_label(body, index);
    text_format(body, "} %" PRIu64 "\n", below);
}

static void put_latencies(struct text *body, const struct counters *counters)
{
    put_help(body, "request_seconds", "histogram", "Time from reading a request to its answer, without nginx.");
    for (size_t i = 0; i <= routes_count; i++)
        if (counters->route[i].sum_us > 0)
            put_histogram(body, &counters->route[i], i);
}

static void put_concert_gauge(struct text *body, const struct counters *counters, int64_t now_ms, const char *name,
                              const char *help, size_t place)
{
    put_help(body, name, "gauge", help);
    for (size_t i = 0; i < COUNTERS_CONCERTS_MAX; i++) {
        const struct counters_concert *row = &counters->concert[i];
        if (!counters_concert_is_live(row, now_ms))
            continue;
        const _Atomic uint64_t *value = (const _Atomic uint64_t *)((const char *)row + place);
        text_format(body, "frontrow_%s{concert=\"%" PRIu64 "\"} %" PRIu64 "\n", name, row->concert_id, *value);
    }
}

static void put_concerts(struct text *body, const struct counters *counters, int64_t now_ms)
{
#define GAUGE(name, member, help)                                                                                      \
    put_concert_gauge(body, counters, now_ms, name, help, offsetof(struct counters_concert, member))
    GAUGE("queue_waiting", waiting, "Fans waiting.");
    GAUGE("queue_admitted", admitted, "Fans admitted who have not come in yet.");
    GAUGE("queue_active", active, "Fans choosing and paying.");
    GAUGE("seats_held", held, "Seats held.");
    GAUGE("seats_sold", sold, "Seats sold.");
#undef GAUGE
}

static void put_pools(struct text *body, const struct counters *counters)
{
    put_help(body, "pool_threads", "gauge", "Threads of a pool.");
    for (size_t p = 0; p < POOLS; p++) {
        uint64_t threads = 0;
        for (size_t i = 0; i < COUNTERS_PROCESSES_MAX; i++)
            threads += counters->threads[p][i];
        text_format(body, "frontrow_pool_threads{pool=\"%s\"} %" PRIu64 "\n", pool_name((enum pool)p), threads);
    }
    put_help(body, "pool_busy", "gauge", "Threads of a pool that are answering.");
    for (size_t p = 0; p < POOLS; p++) {
        uint64_t busy = 0;
        for (size_t i = 0; i < COUNTERS_PROCESSES_MAX; i++)
            busy += counters->busy[p][i];
        text_format(body, "frontrow_pool_busy{pool=\"%s\"} %" PRIu64 "\n", pool_name((enum pool)p), busy);
    }
}

static void put_outbox(struct text *body, const struct counters *counters, int64_t now_ms)
{
    uint64_t oldest_ms = counters->outbox_oldest_ms;
    double lag_s = oldest_ms == 0 || (int64_t)oldest_ms > now_ms ? 0 : (double)(now_ms - (int64_t)oldest_ms) / 1000;

    put_help(body, "outbox_waiting", "gauge", "Events that wait to be published.");
    text_format(body, "frontrow_outbox_waiting %" PRIu64 "\n", counters->outbox_waiting);
    put_help(body, "outbox_lag_seconds", "gauge", "Age of the oldest event that waits.");
    text_format(body, "frontrow_outbox_lag_seconds %g\n", lag_s);
}

enum outcome get_metrics(struct request *request, struct response *response)
{
    const struct counters *counters = health_counters(&request->call);
    const char *address = request->call.client_address;

    if (strncmp(address, "127.", 4) != 0 && strcmp(address, "::1") != 0 && strcmp(address, "unix:") != 0)
        return OUTCOME_NOT_FOUND;
    response->content_type = "text/plain; version=0.0.4; charset=utf-8";
    put_totals(response->body, counters);
    put_refusals(response->body, counters);
    put_requests(response->body, counters);
    put_latencies(response->body, counters);
    put_concerts(response->body, counters, request->call.now_ms);
    put_pools(response->body, counters);
    put_outbox(response->body, counters, request->call.now_ms);
    return OUTCOME_DONE;
}
