#include <inttypes.h>

#include "domain/account.h"
#include "domain/session.h"
#include "http/handlers.h"

enum { PASSWORD_BYTES_MAX = 4 * ACCOUNT_PASSWORD_CHARACTERS_MAX };

const struct field session_fields[] = {
    {"email", FIELD_TEXT, REQUIRED, 1, ACCOUNT_EMAIL_BYTES_MAX, NULL},
    {"password", FIELD_TEXT, REQUIRED, 1, PASSWORD_BYTES_MAX, NULL},
    {0},
};

static void put_cookie(struct text *headers, const char *token, int64_t seconds, bool secure)
{
    text_format(headers, "Set-Cookie: frontrow_session=%s; Path=/; Max-Age=%" PRId64 "; HttpOnly; SameSite=Lax%s\r\n",
                token, seconds, secure ? "; Secure" : "");
}

enum outcome post_session(struct request *request, struct response *response)
{
    struct call *call = &request->call;
    struct session session;
    enum outcome outcome =
        session_open(call, request_text(request, "email"), request_text(request, "password"), &session);

    if (outcome != OUTCOME_DONE)
        return outcome;
    put_cookie(response->headers, session.token, (session.ends_ms - call->now_ms) / 1000,
               request->secure || session.secure_only);
    text_format(response->body, "{\"token\":\"%s\",\"expires_at\":", session.token);
    text_json_time(response->body, session.ends_ms);
    text_put(response->body, ",\"server_now\":");
    text_json_time(response->body, call->now_ms);
    text_put(response->body, "}\n");
    return OUTCOME_DONE;
}

enum outcome delete_session(struct request *request, struct response *response)
{
    enum outcome outcome = session_close(&request->call);

    if (outcome == OUTCOME_DONE)
        put_cookie(response->headers, "", 0, request->secure);
    return outcome;
}
