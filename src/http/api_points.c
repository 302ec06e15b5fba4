#include <inttypes.h>

#include "domain/points.h"
#include "http/handlers.h"

const struct field charge_fields[] = {
    {"amount", FIELD_NUMBER, REQUIRED, 1, POINTS_CHARGE_MAX, NULL},
    {0},
};

enum outcome get_points(struct request *request, struct response *response)
{
    int64_t balance;
    enum outcome outcome = points_balance(&request->call, &balance);

    if (outcome == OUTCOME_DONE)
        text_format(response->body, "{\"balance\":%" PRId64 "}\n", balance);
    return outcome;
}

enum outcome post_charge(struct request *request, struct response *response)
{
    const char *receipt;
    enum outcome outcome = points_charge(&request->call, request_number(request, "amount"), &receipt);

    if (outcome == OUTCOME_DONE)
        text_format(response->body, "%s\n", receipt);
    return outcome;
}

static void put_entry(struct text *body, const struct point_entry *entry)
{
    text_format(body,
                "{\"entry_id\":%" PRIu64 ",\"delta\":%" PRId64 ",\"reason\":\"%s\",\"reference\":", entry->entry_id,
                entry->delta, entry->reason);
    if (entry->reference[0] == '\0')
        text_put(body, "null");
    else
        text_json(body, entry->reference);
    text_format(body, ",\"balance_after\":%" PRId64 ",\"created_at\":", entry->balance_after);
    text_json_time(body, entry->created_ms);
    text_put(body, "}");
}

enum outcome get_point_entries(struct request *request, struct response *response)
{
    struct point_entry *entries;
    size_t count;
    size_t limit;
    uint64_t before;
    enum outcome outcome = request_page(request, &limit, &before);

    if (outcome == OUTCOME_DONE)
        outcome = points_entries(&request->call, before, limit + 1, &entries, &count);
    if (outcome != OUTCOME_DONE)
        return outcome;
    bool more = count > limit;
    text_put(response->body, "{\"entries\":[");
    for (size_t i = 0; i < (more ? limit : count); i++) {
        text_put(response->body, i == 0 ? "" : ",");
        put_entry(response->body, &entries[i]);
    }
    if (more)
        text_format(response->body, "],\"next_cursor\":\"%" PRIu64 "\"}\n", entries[limit - 1].entry_id);
    else
        text_put(response->body, "],\"next_cursor\":null}\n");
    return OUTCOME_DONE;
}
