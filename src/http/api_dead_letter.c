/* Events on their way, and those that a group gave up on. */
#include <inttypes.h>

#include "domain/dead_letter.h"
#include "domain/outbox_view.h"
#include "http/handlers.h"

static void put_event(struct text *body, const struct event *event)
{
    text_put(body, "\"event_id\":");
    text_json(body, event->id);
    text_put(body, ",\"type\":");
    text_json(body, event->type);
    text_put(body, ",\"aggregatetype\":");
    text_json(body, event->aggregatetype);
    text_put(body, ",\"aggregateid\":");
    text_json(body, event->aggregateid);
}

static void put_page_end(struct text *body, bool more, uint64_t last)
{
    if (more)
        text_format(body, "],\"next_cursor\":\"%" PRIu64 "\"}\n", last);
    else
        text_put(body, "],\"next_cursor\":null}\n");
}

enum outcome get_operator_outbox(struct request *request, struct response *response)
{
    struct text *body = response->body;
    struct outbox_view view;
    uint64_t after;
    size_t limit;
    enum outcome outcome = request_page(request, &limit, &after);

    if (outcome == OUTCOME_DONE)
        outcome = outbox_view(&request->call, after, limit + 1, &view);
    if (outcome != OUTCOME_DONE)
        return outcome;
    size_t shown = view.count > limit ? limit : view.count;
    text_format(body, "{\"waiting\":%" PRIu64 ",\"retrying\":%" PRIu64 ",\"lag_ms\":%" PRId64 ",\"events\":[",
                view.waiting, view.retrying, view.lag_ms);
    for (size_t i = 0; i < shown; i++) {
        text_put(body, i == 0 ? "{" : ",{");
        put_event(body, &view.rows[i].event);
        text_put(body, ",\"created_at\":");
        text_json_time(body, view.rows[i].event.created_ms);
        text_put(body, ",\"sent_at\":");
        text_json_time(body, view.rows[i].sent_ms);
        text_put(body, "}");
    }
    put_page_end(body, view.count > limit, view.count > limit ? view.rows[limit - 1].position : 0);
    return OUTCOME_DONE;
}

static void put_letter(struct text *body, const struct dead_letter *letter)
{
    text_format(body, "\"dead_letter_id\":%" PRIu64 ",\"consumer_group\":", letter->dead_letter_id);
    text_json(body, letter->group);
    text_put(body, ",");
    put_event(body, &letter->event);
    text_put(body, ",\"error\":");
    text_json(body, letter->error);
    text_format(body, ",\"attempts\":%" PRId64 ",\"created_at\":", letter->attempts);
    text_json_time(body, letter->died_ms);
    text_put(body, ",\"replayed_at\":");
    text_json_time(body, letter->replayed_ms);
}

enum outcome get_operator_dead_letters(struct request *request, struct response *response)
{
    struct text *body = response->body;
    struct dead_letter *letters;
    uint64_t before;
    size_t count;
    size_t limit;
    enum outcome outcome = request_page(request, &limit, &before);

    if (outcome == OUTCOME_DONE)
        outcome = dead_letter_list(&request->call, before, limit + 1, &letters, &count);
    if (outcome != OUTCOME_DONE)
        return outcome;
    text_put(body, "{\"dead_letters\":[");
    for (size_t i = 0; i < (count > limit ? limit : count); i++) {
        text_put(body, i == 0 ? "{" : ",{");
        put_letter(body, &letters[i]);
        text_put(body, "}");
    }
    put_page_end(body, count > limit, count > limit ? letters[limit - 1].dead_letter_id : 0);
    return OUTCOME_DONE;
}

/* The payload as text: what is stuck may be no JSON at all. */
enum outcome get_operator_dead_letter(struct request *request, struct response *response)
{
    struct dead_letter letter;
    uint64_t dead_letter_id;
    enum outcome outcome = request_path_id(request, 0, &dead_letter_id);

    if (outcome == OUTCOME_DONE)
        outcome = dead_letter_read(&request->call, dead_letter_id, &letter);
    if (outcome != OUTCOME_DONE)
        return outcome;
    text_put(response->body, "{");
    put_letter(response->body, &letter);
    text_put(response->body, ",\"payload\":");
    text_json(response->body, letter.event.payload);
    text_put(response->body, "}\n");
    return OUTCOME_DONE;
}

enum outcome post_operator_replay(struct request *request, struct response *response)
{
    struct dead_letter letter;
    uint64_t dead_letter_id;
    enum outcome outcome = request_path_id(request, 0, &dead_letter_id);

    if (outcome == OUTCOME_DONE)
        outcome = dead_letter_replay(&request->call, dead_letter_id, &letter);
    if (outcome != OUTCOME_DONE)
        return outcome;
    text_put(response->body, "{");
    put_letter(response->body, &letter);
    text_put(response->body, "}\n");
    return OUTCOME_DONE;
}
