#include "events/webhook.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/signature.h"

enum { POLL_MS = 1000 };

/* One of the posts that are under way. */
struct post {
    CURL *curl;
    struct curl_slist *headers;
    struct webhook_answer *answer;
};

struct webhook {
    const char *url;
    uint8_t key[SIGNATURE_KEY_BYTES];
    CURLM *together; /* keeps the connections */
    struct post post[WEBHOOK_AT_ONCE];
};

void webhook_process_start(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static int end(struct webhook *webhook)
{
    for (size_t i = 0; i < WEBHOOK_AT_ONCE; i++)
        curl_easy_cleanup(webhook->post[i].curl);
    curl_multi_cleanup(webhook->together);
    return 0;
}

/* What they answer beyond the status does not matter to us. */
static size_t ignore(char *bytes, size_t size, size_t count, void *unused)
{
    (void)bytes;
    (void)unused;
    return size * count;
}

static CURL *curl_of(const struct config *config, struct post *post)
{
    CURL *curl = must(curl_easy_init());

    curl_easy_setopt(curl, CURLOPT_URL, config->events_webhook_url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    if (config->events_webhook_ca_file[0] != '\0')
        curl_easy_setopt(curl, CURLOPT_CAINFO, config->events_webhook_ca_file);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, config->events_webhook_timeout_ms);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, config->events_webhook_timeout_ms);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "frontrow/" VERSION);
    curl_easy_setopt(curl, CURLOPT_PRIVATE, post);
    return curl;
}

struct webhook *webhook_new(const void *mem, const struct config *config, const struct secret_keys *keys)
{
    struct webhook *webhook = must(talloc_zero(mem, struct webhook));

    webhook->url = config->events_webhook_url;
    /* Without another side there is nothing to load certificates for. */
    if (webhook->url[0] == '\0')
        return webhook;
    webhook->together = must(curl_multi_init());
    curl_multi_setopt(webhook->together, CURLMOPT_MAX_HOST_CONNECTIONS, (long)WEBHOOK_AT_ONCE);
    for (size_t i = 0; i < WEBHOOK_AT_ONCE; i++)
        webhook->post[i].curl = curl_of(config, &webhook->post[i]);
    talloc_set_destructor(webhook, end);
    signature_key(keys, SIGNATURE_OF_WEBHOOKS, webhook->key);
    return webhook;
}

static struct curl_slist *header(struct curl_slist *list, struct call *call, const char *name, const char *value)
{
    return must(curl_slist_append(list, must(talloc_asprintf(call->mem, "%s: %s", name, value))));
}

static struct curl_slist *headers_of(struct webhook *webhook, struct call *call, const struct event *event)
{
    int64_t now_s = clock_now_ms() / 1000;
    const char *now = must(talloc_asprintf(call->mem, "%" PRId64, now_s));
    const char *signature = signature_make(call->mem, webhook->key, event->id, now_s, event->payload);
    struct curl_slist *list = NULL;

    list = header(list, call, "Content-Type", "application/json");
    list = header(list, call, "Idempotency-Key", event->id);
    list = header(list, call, "webhook-id", event->id);
    list = header(list, call, "webhook-timestamp", now);
    list = header(list, call, "webhook-signature", signature);
    /* Without this, curl asks for permission before it sends a large body, and waits a second. */
    return header(list, call, "Expect", "");
}

static void begin_post(struct webhook *webhook, struct call *call, struct post *post, const struct event *event,
                       struct webhook_answer *answer)
{
    *answer = (struct webhook_answer){.why_not = "no answer"};
    post->answer = answer;
    post->headers = headers_of(webhook, call, event);
    curl_easy_setopt(post->curl, CURLOPT_HTTPHEADER, post->headers);
    curl_easy_setopt(post->curl, CURLOPT_POSTFIELDS, event->payload);
    curl_easy_setopt(post->curl, CURLOPT_POSTFIELDSIZE, (long)strlen(event->payload));
    curl_easy_setopt(post->curl, CURLOPT_ERRORBUFFER, answer->why_not);
    if (curl_multi_add_handle(webhook->together, post->curl) != CURLM_OK)
        abort();
}

static void judge(const struct post *post, CURLcode code)
{
    struct webhook_answer *answer = post->answer;
    long status = 0;

    curl_easy_getinfo(post->curl, CURLINFO_RESPONSE_CODE, &status);
    answer->taken = code == CURLE_OK && status >= 200 && status <= 299;
    if (answer->taken)
        answer->why_not[0] = '\0';
    else if (code == CURLE_OK)
        snprintf(answer->why_not, sizeof(answer->why_not), "status %ld", status);
    else if (answer->why_not[0] == '\0')
        snprintf(answer->why_not, sizeof(answer->why_not), "%s", curl_easy_strerror(code));
}

static void judge_finished(struct webhook *webhook)
{
    const CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(webhook->together, &left)) != NULL) {
        struct post *post;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &post);
        judge(post, message->data.result);
    }
}

static void wait_for_all(struct webhook *webhook)
{
    int running = 0;

    while (curl_multi_perform(webhook->together, &running) == CURLM_OK && running > 0)
        curl_multi_poll(webhook->together, NULL, 0, POLL_MS, NULL);
    judge_finished(webhook);
}

static void end_post(struct webhook *webhook, struct post *post)
{
    curl_multi_remove_handle(webhook->together, post->curl);
    curl_easy_setopt(post->curl, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(post->curl, CURLOPT_ERRORBUFFER, NULL);
    curl_slist_free_all(post->headers);
    post->headers = NULL;
    post->answer = NULL;
}

void webhook_post(struct webhook *webhook, struct call *call, const struct event *const *events, size_t count,
                  struct webhook_answer *answers)
{
    if (count > WEBHOOK_AT_ONCE)
        abort();
    for (size_t i = 0; i < count; i++)
        answers[i] = (struct webhook_answer){.taken = true};
    if (webhook->url[0] == '\0')
        return;
    for (size_t i = 0; i < count; i++)
        begin_post(webhook, call, &webhook->post[i], events[i], &answers[i]);
    wait_for_all(webhook);
    for (size_t i = 0; i < count; i++)
        end_post(webhook, &webhook->post[i]);
}
