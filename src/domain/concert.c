#include "domain/concert.h"

#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "domain/draw.h"
#include "store/concert_warm_up.h"

const struct policy concert_policy_defaults = {
    .state = "open",
    .capacity = 50,
    .active_ttl_s = 900,
    .admit_ttl_s = 180,
    .hold_ttl_s = 300,
    .seats_per_fan = 4,
    .rejoin = "keep",
};

enum outcome concert_read(struct call *call, uint64_t concert_id, struct concert *concert)
{
    return concerts_read(call, concert_id, concert);
}

enum outcome concert_list(struct call *call, uint64_t before, size_t limit, struct concert **concerts, size_t *count)
{
    return concerts_list(call, before, limit, concerts, count);
}

enum outcome concert_plan(struct call *call, uint64_t concert_id, const struct plan **plan)
{
    return concerts_plan(call, concert_id, plan);
}

struct seat_place concert_seat(const struct plan *plan, uint32_t seat)
{
    return plan_seat(plan, seat);
}

const char *concert_state(const struct call *call, const struct concert *concert)
{
    const char *state = concert->policy.state;

    if (strcmp(state, "closed") == 0 || strcmp(state, "draining") == 0 || call->now_ms >= concert->plan->starts_ms)
        return "closed";
    if (call->now_ms < concert->policy.opens_ms)
        return "pre";
    if (concert->sold >= concert->plan->seats_total)
        return "sold_out";
    return strcmp(state, "paused") == 0 ? "paused" : "open";
}

static enum outcome check_names(struct call *call, const struct plan *plan)
{
    if (plan->title[0] == '\0' || text_characters(plan->title) > CONCERT_TITLE_CHARACTERS_MAX)
        return call_refuse_field(call, "title", "It has 1 to 200 characters.");
    if (text_characters(plan->venue) > CONCERT_TITLE_CHARACTERS_MAX)
        return call_refuse_field(call, "venue", "It has up to 200 characters.");
    for (size_t i = 0; i < plan->grades_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(plan->grades[i].grade, plan->grades[j].grade) == 0)
                return call_refuse_field(call, "grades", "A grade has a name of its own.");
    for (size_t i = 0; i < plan->sections_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(plan->sections[i].section, plan->sections[j].section) == 0)
                return call_refuse_field(call, "sections", "A section has a name of its own.");
    return OUTCOME_DONE;
}

static enum outcome count_seats(struct call *call, struct plan *plan)
{
    uint64_t seats = 0;

    for (size_t i = 0; i < plan->sections_count; i++) {
        const struct section *section = &plan->sections[i];
        if (section->grade >= plan->grades_count)
            return call_refuse_field(call, "sections", "A section names one of the grades.");
        seats += (uint64_t)section->rows * section->seats_per_row;
    }
    if (seats > CONCERT_SEATS_MAX)
        return call_refuse_field(call, "sections", "There may be 50,000 seats in all.");
    plan->seats_total = (uint32_t)seats;
    return OUTCOME_DONE;
}

static enum outcome check_times(struct call *call, struct plan *plan, const struct policy *policy)
{
    if (plan->starts_ms <= call->now_ms)
        return call_refuse_field(call, "starts_at", "It must be in the future.");
    if (policy->opens_ms >= plan->starts_ms)
        return call_refuse_field(call, "opens_at", "It must be before the concert starts.");
    if (plan->cancel_until_ms > plan->starts_ms)
        return call_refuse_field(call, "cancel_until", "It must not be after the concert starts.");
    if (!clock_date_at(plan->time_zone, plan->starts_ms, plan->date))
        return call_refuse_field(call, "time_zone", "It must be a zone of the IANA database, such as Asia/Seoul.");
    return OUTCOME_DONE;
}

enum outcome concert_create(struct call *call, struct plan *plan, const struct policy *policy, uint64_t *concert_id)
{
    enum outcome outcome = check_names(call, plan);

    if (outcome == OUTCOME_DONE)
        outcome = count_seats(call, plan);
    if (outcome == OUTCOME_DONE)
        outcome = check_times(call, plan, policy);
    if (outcome == OUTCOME_DONE)
        outcome = concerts_create(call, plan, policy, concert_id);
    if (outcome == OUTCOME_DONE)
        log_info("concert_created request=%s concert=%llu seats=%u", call->request_id, (unsigned long long)*concert_id,
                 plan->seats_total);
    /* The commitment to its draw is public from the start; should Redis be away, the gate makes up for it. */
    if (outcome == OUTCOME_DONE)
        draw_prepare(call, *concert_id);
    return outcome;
}

/* MySQL first: what it says is true, and Redis is told again by whoever asks again. */
static enum outcome publish(struct call *call, uint64_t concert_id, struct concert *concert)
{
    enum outcome outcome = concert_refresh(call, concert_id);

    return outcome == OUTCOME_DONE ? concerts_read(call, concert_id, concert) : outcome;
}

enum outcome concert_change(struct call *call, uint64_t concert_id, unsigned parts, const struct policy *policy,
                            struct concert *concert)
{
    enum outcome outcome = concerts_read(call, concert_id, concert);

    if (outcome != OUTCOME_DONE)
        return outcome;
    if ((parts & (1u << POLICY_OPENS_AT)) != 0 && policy->opens_ms >= concert->plan->starts_ms)
        return call_refuse_field(call, "opens_at", "It must be before the concert starts.");
    outcome = concerts_set_policy(call, concert_id, parts, policy);
    return outcome == OUTCOME_DONE ? publish(call, concert_id, concert) : outcome;
}

static const char *state_after(const char *verb)
{
    static const char *const pairs[][2] = {
        {"pause", "paused"}, {"resume", "open"}, {"drain", "draining"}, {"close", "closed"}};

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        if (strcmp(pairs[i][0], verb) == 0)
            return pairs[i][1];
    return NULL;
}

enum outcome concert_steer(struct call *call, uint64_t concert_id, const char *verb, struct concert *concert)
{
    const char *state = state_after(verb);
    enum outcome outcome = state == NULL ? OUTCOME_NOT_FOUND : concerts_set_state(call, concert_id, state);

    if (outcome == OUTCOME_DONE)
        outcome = publish(call, concert_id, concert);
    if (outcome == OUTCOME_DONE)
        log_info("queue_steered request=%s concert=%llu account=%llu state=%s", call->request_id,
                 (unsigned long long)concert_id, (unsigned long long)call->account_id, state);
    return outcome;
}
