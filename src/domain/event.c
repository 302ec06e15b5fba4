#include "domain/event.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/must.h"
#include "base/text.h"

enum { SEATS_PER_EVENT_MAX = 1000, NUMBER_BYTES_MAX = 48 };

static const struct {
    const char *type;
    const char *aggregate;
    int version;
} kinds[EVENT_KINDS] = {
#define EVENT(name, type, aggregate, version) {type, aggregate, version},
#include "domain/event.def"
#undef EVENT
};

enum event_kind event_kind(const struct event *event)
{
    for (size_t i = 0; i < EVENT_KINDS; i++)
        if (strcmp(kinds[i].type, event->type) == 0)
            return (enum event_kind)i;
    return EVENT_KINDS;
}

/* An event without its payload, and the payload's beginning, which is the same for all. */
static struct event *begin(struct call *call, enum event_kind kind, uint64_t aggregate_id, struct text **payload)
{
    struct event *event = must(talloc_zero(call->mem, struct event));

    secret_uuid(event->id);
    event->aggregatetype = kinds[kind].aggregate;
    event->aggregateid = must(talloc_asprintf(call->mem, "%" PRIu64, aggregate_id));
    event->type = kinds[kind].type;
    event->created_ms = call->now_ms;
    *payload = text_new(call->mem, 512);
    text_format(*payload, "{\"event_id\":\"%s\",\"type\":\"%s\",\"version\":%d", event->id, event->type,
                kinds[kind].version);
    return event;
}

static const struct event *end(struct event *event, struct text *payload)
{
    text_put(payload, "}");
    event->payload = payload->bytes;
    return event;
}

static void put_seats(struct text *payload, const struct payment_completed *completed)
{
    text_put(payload, ",\"reservations\":[");
    for (size_t i = 0; i < completed->seats_count; i++) {
        const struct paid_seat *seat = &completed->seats[i];
        text_put(payload, i == 0 ? "{\"reservation_number\":" : ",{\"reservation_number\":");
        text_json(payload, seat->reservation_number);
        text_format(payload, ",\"seat\":%" PRIu32 ",\"price\":%" PRId64 "}", seat->seat, seat->price);
    }
    text_put(payload, "]");
}

const struct event *event_payment_completed(struct call *call, const struct payment_completed *completed)
{
    struct text *payload;
    struct event *event = begin(call, EVENT_PAYMENT_COMPLETED, completed->payment_id, &payload);

    text_format(payload, ",\"payment_id\":%" PRIu64 ",\"account_id\":%" PRIu64 ",\"concert_id\":%" PRIu64,
                completed->payment_id, completed->account_id, completed->concert_id);
    text_format(payload, ",\"place\":%" PRIu64 ",\"amount\":%" PRId64 ",\"paid_at\":", completed->place,
                completed->amount);
    text_json_time(payload, completed->paid_ms);
    put_seats(payload, completed);
    return end(event, payload);
}

const struct event *event_reservation_cancelled(struct call *call, const struct reservation_cancelled *cancelled)
{
    struct text *payload;
    struct event *event = begin(call, EVENT_RESERVATION_CANCELLED, cancelled->payment_id, &payload);

    text_format(payload, ",\"payment_id\":%" PRIu64 ",\"account_id\":%" PRIu64 ",\"concert_id\":%" PRIu64,
                cancelled->payment_id, cancelled->account_id, cancelled->concert_id);
    text_put(payload, ",\"reservation_number\":");
    text_json(payload, cancelled->reservation_number);
    text_format(payload, ",\"seat\":%" PRIu32 ",\"refunded\":%" PRId64 ",\"cancelled_at\":", cancelled->seat,
                cancelled->refunded);
    text_json_time(payload, cancelled->cancelled_ms);
    return end(event, payload);
}

/* Members of a payload. A reader says false at the first that is missing or of another kind. */
static bool whole_number(struct json_object *object, const char *name, int64_t least, int64_t most, int64_t *number)
{
    struct json_object *member;

    if (!json_object_object_get_ex(object, name, &member) || !json_object_is_type(member, json_type_int))
        return false;
    *number = json_object_get_int64(member);
    return *number >= least && *number <= most;
}

static bool id(struct json_object *object, const char *name, int64_t least, uint64_t *number)
{
    int64_t read;

    if (!whole_number(object, name, least, INT64_MAX, &read))
        return false;
    *number = (uint64_t)read;
    return true;
}

static bool seat_number(struct json_object *object, uint32_t *seat)
{
    int64_t read;

    if (!whole_number(object, "seat", 1, UINT32_MAX, &read))
        return false;
    *seat = (uint32_t)read;
    return true;
}

static const char *string(struct json_object *object, const char *name)
{
    struct json_object *member;

    if (!json_object_object_get_ex(object, name, &member) || !json_object_is_type(member, json_type_string))
        return NULL;
    return json_object_get_string(member);
}

static bool moment(struct json_object *object, const char *name, int64_t *unix_ms)
{
    const char *text = string(object, name);

    return text != NULL && clock_from_text(text, unix_ms);
}

static bool reservation_number(struct json_object *object, const char **number)
{
    *number = string(object, "reservation_number");
    return *number != NULL && (*number)[0] != '\0' && strlen(*number) <= NUMBER_BYTES_MAX;
}

static bool same_text(struct json_object *object, const char *name, const char *expected)
{
    const char *text = string(object, name);

    return text != NULL && strcmp(text, expected) == 0;
}

/* The payload as JSON when it is of this kind and speaks of this event, else NULL. */
static struct json_object *open_payload(struct call *call, const struct event *event, enum event_kind kind)
{
    struct json_object *payload = json_read(call->mem, event->payload, strlen(event->payload));
    int64_t version;

    if (payload == NULL || !whole_number(payload, "version", kinds[kind].version, kinds[kind].version, &version))
        return NULL;
    if (!same_text(payload, "event_id", event->id) || !same_text(payload, "type", kinds[kind].type))
        return NULL;
    return payload;
}

static bool read_seats(struct call *call, struct json_object *payload, struct payment_completed *completed)
{
    struct json_object *list;

    if (!json_object_object_get_ex(payload, "reservations", &list) || !json_object_is_type(list, json_type_array))
        return false;
    completed->seats_count = json_object_array_length(list);
    if (completed->seats_count == 0 || completed->seats_count > SEATS_PER_EVENT_MAX)
        return false;
    struct paid_seat *seats = must(talloc_zero_array(call->mem, struct paid_seat, completed->seats_count));
    completed->seats = seats;
    for (size_t i = 0; i < completed->seats_count; i++) {
        struct json_object *seat = json_object_array_get_idx(list, i);
        if (!reservation_number(seat, &seats[i].reservation_number) || !seat_number(seat, &seats[i].seat) ||
            !whole_number(seat, "price", 0, INT64_MAX, &seats[i].price))
            return false;
    }
    return true;
}

bool event_read_completed(struct call *call, const struct event *event, struct payment_completed *completed)
{
    struct json_object *payload = open_payload(call, event, EVENT_PAYMENT_COMPLETED);

    return payload != NULL && id(payload, "payment_id", 1, &completed->payment_id) &&
           id(payload, "account_id", 1, &completed->account_id) &&
           id(payload, "concert_id", 1, &completed->concert_id) && id(payload, "place", 0, &completed->place) &&
           whole_number(payload, "amount", 0, INT64_MAX, &completed->amount) &&
           moment(payload, "paid_at", &completed->paid_ms) && read_seats(call, payload, completed);
}

bool event_read_cancelled(struct call *call, const struct event *event, struct reservation_cancelled *cancelled)
{
    struct json_object *payload = open_payload(call, event, EVENT_RESERVATION_CANCELLED);

    return payload != NULL && id(payload, "payment_id", 1, &cancelled->payment_id) &&
           id(payload, "account_id", 1, &cancelled->account_id) &&
           id(payload, "concert_id", 1, &cancelled->concert_id) &&
           reservation_number(payload, &cancelled->reservation_number) && seat_number(payload, &cancelled->seat) &&
           whole_number(payload, "refunded", 0, INT64_MAX, &cancelled->refunded) &&
           moment(payload, "cancelled_at", &cancelled->cancelled_ms);
}
