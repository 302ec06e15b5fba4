#include "domain/health.h"
#include "http/handlers.h"

/* Alive: this process answers. */
enum outcome get_healthz(struct request *request, struct response *response)
{
    (void)request;
    text_put(response->body, "{\"status\":\"alive\"}\n");
    return OUTCOME_DONE;
}

/* Ready: what it depends on answers, too. */
enum outcome get_readyz(struct request *request, struct response *response)
{
    struct health health = health_check(&request->call);

    response->status = health.mysql && health.redis ? 200 : 503;
    if (response->status == 503)
        text_put(response->headers, "Retry-After: 1\r\n");
    text_format(response->body, "{\"status\":\"%s\",\"mysql\":\"%s\",\"redis\":\"%s\"}\n",
                response->status == 200 ? "ready" : "not_ready", health.mysql ? "ok" : "down",
                health.redis ? "ok" : "down");
    return OUTCOME_DONE;
}
