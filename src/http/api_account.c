#include <inttypes.h>

#include "domain/account.h"
#include "http/handlers.h"

enum { BYTES_A_CHARACTER_MAX = 4 };

/* Lengths here bound the bytes; the rules count characters. */
const struct field account_fields[] = {
    {"email", FIELD_TEXT, REQUIRED, 3, ACCOUNT_EMAIL_BYTES_MAX, NULL},
    {"password", FIELD_TEXT, REQUIRED, ACCOUNT_PASSWORD_CHARACTERS_MIN,
     ACCOUNT_PASSWORD_CHARACTERS_MAX *BYTES_A_CHARACTER_MAX, NULL},
    {"name", FIELD_TEXT, REQUIRED, 1, ACCOUNT_NAME_CHARACTERS_MAX *BYTES_A_CHARACTER_MAX, NULL},
    {0},
};

static void put_account(struct text *body, const struct account *account)
{
    text_format(body, "{\"account_id\":%" PRIu64 ",\"email\":", account->account_id);
    text_json(body, account->email);
    text_put(body, ",\"name\":");
    text_json(body, account->name);
}

enum outcome post_account(struct request *request, struct response *response)
{
    struct account account;
    enum outcome outcome = account_sign_up(&request->call, request_text(request, "email"),
                                           request_text(request, "password"), request_text(request, "name"), &account);

    if (outcome != OUTCOME_DONE)
        return outcome;
    put_account(response->body, &account);
    text_put(response->body, "}\n");
    return OUTCOME_DONE;
}

enum outcome get_account(struct request *request, struct response *response)
{
    struct account account;
    enum outcome outcome = account_read(&request->call, &account);

    if (outcome != OUTCOME_DONE)
        return outcome;
    put_account(response->body, &account);
    text_format(response->body, ",\"role\":\"%s\",\"points\":%" PRId64 "}\n",
                account.role == ROLE_OPERATOR ? "operator" : "fan", account.points);
    return OUTCOME_DONE;
}
