/*
 * Sessions. A token is a sealed message that says who it is for and until when; nobody keeps it. It
 * is good when its seal is, its end has not come, and it was not signed out.
 */
#ifndef FRONTROW_DOMAIN_SESSION_H
#define FRONTROW_DOMAIN_SESSION_H

#include <stdbool.h>

#include "base/call.h"

struct session {
    const char *token;
    int64_t ends_ms;
    bool secure_only; /* web.cookie_secure: the token must not travel without TLS */
};

/*
 * Sign in. Too many failures for this e-mail or from this address within sign_in.window_s are
 * refused, right password or not. An e-mail without an account takes as long as one with another
 * password.
 *
 * Ends DONE with *session on call->mem; WRONG_CREDENTIALS; TOO_MANY_REQUESTS with the time to wait;
 * or UNAVAILABLE.
 */
enum outcome session_open(struct call *call, const char *email, const char *password, struct session *session);

/* Sign the caller's session out: its token is dead everywhere at once. DONE or UNAVAILABLE; safe to repeat. */
enum outcome session_close(struct call *call);

/*
 * Who does this token speak for? Fills in account_id, role, session_id and session_ends_ms. False
 * when it was forged or has ended; whether it was signed out is not looked at.
 */
bool session_from_token(struct call *call, const char *token);

/* Was the call's session signed out? DONE when not; NOT_SIGNED_IN; UNAVAILABLE. */
enum outcome session_check_live(struct call *call);

#endif
