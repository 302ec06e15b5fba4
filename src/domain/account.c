#include "domain/account.h"

#include <ctype.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "base/secret.h"
#include "store/points_ledger.h"
#include "store/transaction.h"

/* Of UTF-8: every byte but those that continue a sequence begins a character. */
static size_t characters(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static bool has_control_characters(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

const char *account_email(const void *mem, const char *email)
{
    const char *at = strchr(email, '@');

    if (at == NULL || at == email || at[1] == '\0' || strchr(at + 1, '@') != NULL ||
        strlen(email) > ACCOUNT_EMAIL_BYTES_MAX)
        return NULL;
    char *lower = must(talloc_strdup(mem, email));
    for (char *c = lower; *c != '\0'; c++) {
        if (*c < '!' || *c > '~')
            return NULL;
        *c = (char)tolower(*c);
    }
    return lower;
}

enum outcome account_hash_password(struct call *call, const char *password, const char **password_hash)
{
    char hash[SECRET_PASSWORD_HASH_SIZE];

    if (!secret_password_hash(password, hash))
        return OUTCOME_UNAVAILABLE;
    *password_hash = must(talloc_strdup(call->mem, hash));
    return OUTCOME_DONE;
}

static enum outcome check(struct call *call, struct account *account)
{
    account->email = account_email(call->mem, account->email);
    if (account->email == NULL)
        return call_refuse_field(call, "email", "It is printable ASCII with one @ inside.");
    size_t length = characters(account->name);
    if (length < 1 || length > ACCOUNT_NAME_CHARACTERS_MAX || has_control_characters(account->name))
        return call_refuse_field(call, "name", "It has 1 to 100 characters and no control characters.");
    return OUTCOME_DONE;
}

struct opening {
    struct account *account;
    bool taken;
};

static enum tx insert(struct call *call, void *args)
{
    struct opening *opening = args;
    struct account *account = opening->account;
    int64_t rows = accounts_insert(call, account);

    opening->taken = rows == 0;
    if (rows != 1)
        return rows == 0 ? TX_UNDO : tx_failure(rows);
    if (account->points == 0)
        return TX_KEEP;
    struct point_entry entry = {.account_id = account->account_id,
                                .delta = account->points,
                                .reason = "opening",
                                .reference = "",
                                .balance_after = account->points};
    rows = points_ledger_insert(call, &entry);
    return rows == 1 ? TX_KEEP : tx_failure(rows);
}

/* No two hashes are alike, so a row with ours is the one whose COMMIT was not answered. */
static enum outcome is_ours(struct call *call, struct account *account)
{
    struct account found;
    enum outcome outcome = accounts_find(call, account->email, &found);

    if (outcome != OUTCOME_DONE || strcmp(found.password_hash, account->password_hash) != 0)
        return OUTCOME_UNAVAILABLE;
    account->account_id = found.account_id;
    return OUTCOME_DONE;
}

enum outcome account_open(struct call *call, struct account *account)
{
    struct opening opening = {.account = account};
    enum outcome outcome = check(call, account);

    if (outcome != OUTCOME_DONE)
        return outcome;
    switch (transact(call, insert, &opening)) {
    case TRANSACTION_KEPT: return OUTCOME_DONE;
    case TRANSACTION_UNDONE: return OUTCOME_EMAIL_TAKEN;
    case TRANSACTION_UNKNOWN: return is_ours(call, account);
    case TRANSACTION_CLASHED:
    case TRANSACTION_BROKEN: return OUTCOME_UNAVAILABLE;
    }
    return OUTCOME_UNAVAILABLE;
}

enum outcome account_sign_up(struct call *call, const char *email, const char *password, const char *name,
                             struct account *account)
{
    size_t length = characters(password);

    *account = (struct account){.email = email, .name = name, .role = ROLE_FAN};
    if (length < ACCOUNT_PASSWORD_CHARACTERS_MIN || length > ACCOUNT_PASSWORD_CHARACTERS_MAX)
        return call_refuse_field(call, "password", "It has 8 to 128 characters.");
    /* Before the password is hashed, which costs as much as a hundred payments. */
    enum outcome outcome = check(call, account);
    if (outcome == OUTCOME_DONE)
        outcome = account_hash_password(call, password, &account->password_hash);
    return outcome == OUTCOME_DONE ? account_open(call, account) : outcome;
}

enum outcome account_read(struct call *call, struct account *account)
{
    enum outcome outcome = accounts_read(call, call->account_id, account);

    return outcome == OUTCOME_NOT_FOUND ? OUTCOME_NOT_SIGNED_IN : outcome;
}
