#include "http/problem.h"

#include <inttypes.h>
#include <string.h>

#include "http/status.h"

/* When to ask again if nothing better is known; 429 and 503 always say. */
enum { RETRY_DEFAULT_MS = 1000 };

static int64_t retry_after_ms(const struct request *request, int status)
{
    int64_t told_ms = request->call.refusal.retry_after_ms;

    return told_ms == 0 && (status == 429 || status == 503) ? RETRY_DEFAULT_MS : told_ms;
}

static bool is_korean(const struct request *request)
{
    return strcmp(request->language, "ko") == 0;
}

static void put_detail(const struct request *request, enum outcome outcome, struct text *body)
{
    const struct refusal *refusal = &request->call.refusal;
    bool korean = is_korean(request);

    text_put(body, ",\"detail\":");
    if (refusal->field != NULL && korean) {
        struct text *sentence = text_new(request->call.mem, 64);
        text_format(sentence, "'%s' 값을 확인해 주세요.", refusal->field);
        text_json(body, sentence->bytes);
    } else {
        text_json(body,
                  refusal->detail != NULL && !korean ? refusal->detail : outcome_title(outcome, request->language));
    }
}

static void put_faults(const struct refusal *refusal, bool korean, struct text *body)
{
    for (size_t i = 0; i < refusal->faults_count; i++) {
        const struct line_fault *fault = &refusal->faults[i];
        text_format(body, "%s{\"line\":%zu,\"field\":", i == 0 ? ",\"errors\":[" : ",", fault->line);
        if (fault->field == NULL)
            text_put(body, "null");
        else
            text_json(body, fault->field);
        text_put(body, ",\"detail\":");
        text_json(body, korean ? fault->korean : fault->english);
        text_put(body, i + 1 == refusal->faults_count ? "}]" : "}");
    }
}

static void put_extras(const struct refusal *refusal, bool korean, int64_t retry_ms, struct text *body)
{
    if (refusal->field != NULL) {
        text_put(body, ",\"field\":");
        text_json(body, refusal->field);
    }
    if (retry_ms > 0)
        text_format(body, ",\"retry_after_ms\":%" PRId64, retry_ms);
    put_faults(refusal, korean, body);
    for (size_t i = 0; i < refusal->seats_count; i++)
        text_format(body, "%s%" PRIu32 "%s", i == 0 ? ",\"seats\":[" : ",", refusal->seats[i],
                    i + 1 == refusal->seats_count ? "]" : "");
}

void problem_write(const struct request *request, enum outcome outcome, struct response *response)
{
    const char *code = outcome_code(outcome);
    struct text *body = response->body;

    response->status = status_of(outcome);
    response->content_type = "application/problem+json";
    int64_t retry_ms = retry_after_ms(request, response->status);
    if (retry_ms > 0)
        text_format(response->headers, "Retry-After: %" PRId64 "\r\n", (retry_ms + 999) / 1000);
    if (response->status == 401)
        text_put(response->headers, "WWW-Authenticate: Bearer realm=\"frontrow\"\r\n");
    body->length = 0;
    text_format(body, "{\"type\":\"/docs#%s\",\"title\":", code);
    text_json(body, outcome_title(outcome, request->language));
    text_format(body, ",\"status\":%d,\"code\":\"%s\"", response->status, code);
    put_detail(request, outcome, body);
    text_put(body, ",\"request_id\":");
    text_json(body, request->call.request_id);
    put_extras(&request->call.refusal, is_korean(request), retry_ms, body);
    text_put(body, "}\n");
}
