#include "domain/session.h"

#include <pthread.h>
#include <string.h>

#include "base/secret.h"
#include "domain/account.h"
#include "store/accounts.h"
#include "store/sessions.h"
#include "store/sign_in_attempts.h"
#include "store/store.h"

enum { TOKEN_VERSION = 1 };

/* What a token says. Read by the same kind of host that wrote it, so no byte order is agreed upon. */
struct token {
    uint8_t version;
    uint8_t role;
    uint8_t session_id[SESSION_ID_BYTES];
    uint64_t account_id;
    int64_t ends_ms;
} __attribute__((packed));

static char nobodys_hash[SECRET_PASSWORD_HASH_SIZE];

static void make_nobodys_hash(void)
{
    uint8_t random[16];
    char password[2 * sizeof(random) + 1];

    secret_random(random, sizeof(random));
    secret_hex(random, sizeof(random), password);
    if (!secret_password_hash(password, nobodys_hash))
        nobodys_hash[0] = '\0';
}

/* A hash that no password matches and that takes as long to find that out as any other. */
static const char *hash_of_nobody(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, make_nobodys_hash);
    return nobodys_hash;
}

/* NOT_FOUND, too, when there cannot be such an e-mail. */
static enum outcome find_account(struct call *call, const char *email, struct account *account)
{
    return email == NULL ? OUTCOME_NOT_FOUND : accounts_find(call, email, account);
}

static void seal(struct call *call, const struct account *account, struct session *session)
{
    struct token token = {.version = TOKEN_VERSION, .role = (uint8_t)account->role};

    secret_random(token.session_id, sizeof(token.session_id));
    token.account_id = account->account_id;
    token.ends_ms = call->now_ms + call->store->config->web_session_ttl_s * INT64_C(1000);
    session->ends_ms = token.ends_ms;
    session->secure_only = call->store->config->web_cookie_secure;
    session->token = secret_seal(call->mem, call->store->keys, "token", &token, sizeof(token));
}

static enum outcome check_password(struct call *call, const char *email, const char *password, struct account *account)
{
    enum outcome outcome = find_account(call, email, account);

    if (outcome == OUTCOME_UNAVAILABLE)
        return outcome;
    bool known = outcome == OUTCOME_DONE;
    bool matches = secret_password_matches(password, known ? account->password_hash : hash_of_nobody());
    return known && matches ? OUTCOME_DONE : OUTCOME_WRONG_CREDENTIALS;
}

enum outcome session_open(struct call *call, const char *email, const char *password, struct session *session)
{
    struct account account;
    struct sign_in_attempt *attempt;
    const char *normal = account_email(call->mem, email);
    enum outcome outcome = sign_in_attempts_begin(call, normal == NULL ? email : normal, &attempt);

    if (outcome != OUTCOME_DONE)
        return outcome;
    outcome = check_password(call, normal, password, &account);
    if (outcome != OUTCOME_WRONG_CREDENTIALS)
        sign_in_attempts_forgive(call, attempt);
    if (outcome == OUTCOME_DONE)
        seal(call, &account, session);
    return outcome;
}

enum outcome session_close(struct call *call)
{
    return sessions_revoke(call);
}

bool session_from_token(struct call *call, const char *text)
{
    struct token token;

    if (!secret_open(call->store->keys, "token", text, &token, sizeof(token)))
        return false;
    if (token.version != TOKEN_VERSION || token.ends_ms <= call->now_ms)
        return false;
    call->account_id = token.account_id;
    call->role = (enum role)token.role;
    call->session_ends_ms = token.ends_ms;
    memcpy(call->session_id, token.session_id, sizeof(call->session_id));
    return true;
}

enum outcome session_check_live(struct call *call)
{
    return sessions_check(call);
}
