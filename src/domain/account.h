/* People: signing up, and what they see of their own account. */
#ifndef FRONTROW_DOMAIN_ACCOUNT_H
#define FRONTROW_DOMAIN_ACCOUNT_H

#include "base/call.h"
#include "store/accounts.h"

enum {
    ACCOUNT_EMAIL_BYTES_MAX = 254,
    ACCOUNT_NAME_CHARACTERS_MAX = 100,
    ACCOUNT_PASSWORD_CHARACTERS_MIN = 8,
    ACCOUNT_PASSWORD_CHARACTERS_MAX = 128,
};

/* A password as it may be kept. UNAVAILABLE when there is no memory to hash it. */
enum outcome account_hash_password(struct call *call, const char *password, const char **password_hash);

/*
 * Open an account. email, name, password_hash, role and points are read, the rest is filled in; the
 * e-mail is put into lower case. Points to begin with get an opening entry in the ledger.
 *
 * Ends DONE; EMAIL_TAKEN; BAD_VALUE naming email or name; or UNAVAILABLE.
 */
enum outcome account_open(struct call *call, struct account *account);

/* A fan signs up: 0 points. Ends as account_open(), or BAD_VALUE naming password. */
enum outcome account_sign_up(struct call *call, const char *email, const char *password, const char *name,
                             struct account *account);

/* The caller's own. DONE, NOT_SIGNED_IN when it is gone, or UNAVAILABLE. */
enum outcome account_read(struct call *call, struct account *account);

/* The e-mail as accounts are found by it, on mem; NULL when it cannot be one: printable ASCII with one @ inside. */
const char *account_email(const void *mem, const char *email);

#endif
