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

#include "base/call.h"
#include "base/config.h"
#include "base/event.h"
#include "base/secret.h"

struct webhook;

/* Before the first thread starts. */
void webhook_process_start(void);

/* One a thread. */
struct webhook *webhook_new(const void *mem, const struct config *config, const struct secret_keys *keys);

/*
 * DONE when the other side has it, or there is no other side; UNAVAILABLE, with call->refusal.detail
 * saying why. Waits at most events.webhook_timeout_ms.
 */
enum outcome webhook_post(struct webhook *webhook, struct call *call, const struct event *event);

#endif
