#include "http/concert_json.h"

#include <inttypes.h>

static int64_t lowest_price(const struct plan *plan)
{
    int64_t lowest = plan->grades[0].price;

    for (size_t i = 1; i < plan->grades_count; i++)
        if (plan->grades[i].price < lowest)
            lowest = plan->grades[i].price;
    return lowest;
}

/* YYYYMMDD as YYYY-MM-DD. */
static void put_date(struct text *body, const char *date)
{
    text_format(body, ",\"date\":\"%.4s-%.2s-%.2s\"", date, date + 4, date + 6);
}

void put_concert(struct text *body, const struct call *call, const struct concert *concert)
{
    const struct plan *plan = concert->plan;
    int64_t left = plan->seats_total - concert->sold;

    text_format(body, "\"concert_id\":%" PRIu64 ",\"title\":", plan->concert_id);
    text_json(body, plan->title);
    text_put(body, ",\"venue\":");
    text_json(body, plan->venue);
    text_put(body, ",\"time_zone\":");
    text_json(body, plan->time_zone);
    put_date(body, plan->date);
    text_put(body, ",\"starts_at\":");
    text_json_time(body, plan->starts_ms);
    text_put(body, ",\"opens_at\":");
    text_json_time(body, concert->policy.opens_ms);
    text_format(body,
                ",\"state\":\"%s\",\"seats_total\":%" PRIu32 ",\"seats_left\":%" PRId64 ",\"price_from\":%" PRId64,
                concert_state(call, concert), plan->seats_total, left < 0 ? 0 : left, lowest_price(plan));
}

void put_grades(struct text *body, const struct plan *plan)
{
    text_put(body, "\"grades\":[");
    for (size_t i = 0; i < plan->grades_count; i++) {
        text_put(body, i == 0 ? "{\"grade\":" : ",{\"grade\":");
        text_json(body, plan->grades[i].grade);
        text_format(body, ",\"price\":%" PRId64 "}", plan->grades[i].price);
    }
    text_put(body, "]");
}

void put_limits(struct text *body, const struct concert *concert)
{
    const struct policy *policy = &concert->policy;

    text_format(body,
                "\"limits\":{\"seats_per_fan\":%" PRId64 ",\"hold_ttl_s\":%" PRId64 ",\"active_ttl_s\":%" PRId64
                ",\"admit_ttl_s\":%" PRId64 ",\"cancel_until\":",
                policy->seats_per_fan, policy->hold_ttl_s, policy->active_ttl_s, policy->admit_ttl_s);
    text_json_time(body,
                   concert->plan->cancel_until_ms == 0 ? concert->plan->starts_ms : concert->plan->cancel_until_ms);
    text_put(body, "}");
}

void put_policy(struct text *body, const struct concert *concert)
{
    const struct policy *policy = &concert->policy;

    text_format(body, ",\"queue_state\":\"%s\",\"capacity\":%" PRId64 ",\"rate_per_minute\":", policy->state,
                policy->capacity);
    if (policy->rate_per_minute == 0)
        text_put(body, "null");
    else
        text_number(body, policy->rate_per_minute);
    text_format(body,
                ",\"active_ttl_s\":%" PRId64 ",\"admit_ttl_s\":%" PRId64 ",\"hold_ttl_s\":%" PRId64
                ",\"seats_per_fan\":%" PRId64 ",\"rejoin\":\"%s\",\"cancel_until\":",
                policy->active_ttl_s, policy->admit_ttl_s, policy->hold_ttl_s, policy->seats_per_fan, policy->rejoin);
    text_json_time(body, concert->plan->cancel_until_ms);
}

void put_next_cursor(struct text *body, const struct concert *concerts, size_t count, size_t limit)
{
    if (count > limit)
        text_format(body, "\"next_cursor\":\"%" PRIu64 "\"}\n", concerts[limit - 1].plan->concert_id);
    else
        text_put(body, "\"next_cursor\":null}\n");
}
