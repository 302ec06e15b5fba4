#include "events/webhook.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <string.h>
#include <talloc.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/signature.h"

enum { ERROR_BYTES_MAX = 200 };

struct webhook {
    const char *url;
    uint8_t key[SIGNATURE_KEY_BYTES];
    CURL *curl; /* kept, and with it the connection */
    char error[CURL_ERROR_SIZE];
};

void webhook_process_start(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static int end(struct webhook *webhook)
{
    curl_easy_cleanup(webhook->curl);
    return 0;
}

/* What they answer beyond the status does not matter to us. */
static size_t ignore(char *bytes, size_t size, size_t count, void *unused)
{
    (void)bytes;
    (void)unused;
    return size * count;
}

struct webhook *webhook_new(const void *mem, const struct config *config, const struct secret_keys *keys)
{
    struct webhook *webhook = must(talloc_zero(mem, struct webhook));

    webhook->url = config->events_webhook_url;
    webhook->curl = must(curl_easy_init());
    talloc_set_destructor(webhook, end);
    signature_key(keys, "webhook", webhook->key);
    curl_easy_setopt(webhook->curl, CURLOPT_URL, webhook->url);
    curl_easy_setopt(webhook->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(webhook->curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(webhook->curl, CURLOPT_TIMEOUT_MS, config->events_webhook_timeout_ms);
    curl_easy_setopt(webhook->curl, CURLOPT_CONNECTTIMEOUT_MS, config->events_webhook_timeout_ms);
    curl_easy_setopt(webhook->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(webhook->curl, CURLOPT_WRITEFUNCTION, ignore);
    curl_easy_setopt(webhook->curl, CURLOPT_ERRORBUFFER, webhook->error);
    curl_easy_setopt(webhook->curl, CURLOPT_USERAGENT, "frontrow/" VERSION);
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

static enum outcome judge(struct webhook *webhook, struct call *call, CURLcode code)
{
    long status = 0;

    if (code != CURLE_OK) {
        call->refusal.detail = must(talloc_strndup(
            call->mem, webhook->error[0] != '\0' ? webhook->error : curl_easy_strerror(code), ERROR_BYTES_MAX));
        return OUTCOME_UNAVAILABLE;
    }
    curl_easy_getinfo(webhook->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status <= 299)
        return OUTCOME_DONE;
    call->refusal.detail = must(talloc_asprintf(call->mem, "status %ld", status));
    return OUTCOME_UNAVAILABLE;
}

enum outcome webhook_post(struct webhook *webhook, struct call *call, const struct event *event)
{
    if (webhook->url[0] == '\0')
        return OUTCOME_DONE;
    struct curl_slist *headers = headers_of(webhook, call, event);
    curl_easy_setopt(webhook->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(webhook->curl, CURLOPT_POSTFIELDS, event->payload);
    curl_easy_setopt(webhook->curl, CURLOPT_POSTFIELDSIZE, (long)strlen(event->payload));
    webhook->error[0] = '\0';
    enum outcome outcome = judge(webhook, call, curl_easy_perform(webhook->curl));
    curl_easy_setopt(webhook->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    return outcome;
}
