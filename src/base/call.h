/*
 * One call: an HTTP request, an event, a tick or an operator's command. It says who calls, when,
 * and with what memory; everything allocated for it hangs on mem and goes with it.
 */
#ifndef FRONTROW_BASE_CALL_H
#define FRONTROW_BASE_CALL_H

#include <stddef.h>
#include <stdint.h>

#include "base/outcome.h"

struct store;

enum role { ROLE_NOBODY, ROLE_FAN, ROLE_OPERATOR };

enum { SEATS_PER_CALL_MAX = 8, SESSION_ID_BYTES = 16, FINGERPRINT_BYTES = 32 };

/* One mistake in something that was sent line by line. */
struct line_fault {
    size_t line;
    const char *field; /* NULL: the line as a whole */
    const char *english;
    const char *korean;
};

/* What a refusal adds for the client; each is optional. */
struct refusal {
    const char *field;                  /* the member, parameter or header that is wrong */
    const char *detail;                 /* a sentence for developers */
    int64_t retry_after_ms;             /* when to ask again; 0 says nothing */
    uint32_t seats[SEATS_PER_CALL_MAX]; /* the seats in question */
    size_t seats_count;
    const struct line_fault *faults; /* in the lines of the field */
    size_t faults_count;
};

struct call {
    void *mem;
    struct store *store;
    int64_t now_ms;

    uint64_t account_id; /* 0: nobody */
    enum role role;
    uint8_t session_id[SESSION_ID_BYTES];
    int64_t session_ends_ms;

    const char *request_id;
    const char *client_address;

    /* Of a request that may be sent twice: NULL when it carries none. */
    const char *idempotency_key;
    uint8_t fingerprint[FINGERPRINT_BYTES];

    struct refusal refusal;
};

/* Refuse and say which field, and what about it, is wrong. */
enum outcome call_refuse_field(struct call *call, const char *field, const char *detail);

/* Refuse and say when to ask again. */
enum outcome call_refuse_until(struct call *call, enum outcome outcome, int64_t retry_after_ms);

#endif
