/*
 * payment-message: telling another system over HTTP. Each event is one POST of its payload to
 * events.webhook_url, with
 *
 *   Idempotency-Key, webhook-id   the event's id, the same however often it is sent
 *   webhook-timestamp             when it is sent (Unix seconds)
 *   webhook-signature             "v1," and HMAC-SHA256 of "id.timestamp.body" (base64)
 *
 * A receiver checks the signature, refuses what is older than a few minutes, and remembers ids.
 * Any status 200 to 299 says that it has the event.
 */
#ifndef FRONTROW_EVENTS_WEBHOOK_H
#define FRONTROW_EVENTS_WEBHOOK_H

#include <curl/curl.h>
#include <stddef.h>

#include "base/call.h"
#include "base/config.h"
#include "base/event.h"
#include "base/secret.h"

/* As many connections to the other side as one thread keeps. */
enum { WEBHOOK_AT_ONCE = 16 };

struct webhook;

struct webhook_answer {
    bool taken;
    char why_not[CURL_ERROR_SIZE]; /* "" when it was taken */
};

/* Before the first thread starts. */
void webhook_process_start(void);

/* One a thread. */
struct webhook *webhook_new(const void *mem, const struct config *config, const struct secret_keys *keys);

/*
 * Post up to WEBHOOK_AT_ONCE events side by side, and wait for all answers; no longer than
 * events.webhook_timeout_ms. All are taken when there is no other side.
 */
void webhook_post(struct webhook *webhook, struct call *call, const struct event *const *events, size_t count,
                  struct webhook_answer *answers);

#endif
