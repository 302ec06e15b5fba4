#include "http/status.h"

#include <stdlib.h>

int status_of(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_DONE: return 200;
    case OUTCOME_BAD_JSON: return 400;
    case OUTCOME_KEY_MISSING: return 400;
    case OUTCOME_NOT_SIGNED_IN: return 401;
    case OUTCOME_WRONG_CREDENTIALS: return 401;
    case OUTCOME_POINTS_TOO_FEW: return 402;
    case OUTCOME_NOT_ALLOWED: return 403;
    case OUTCOME_CROSS_SITE: return 403;
    case OUTCOME_NOT_ADMITTED: return 403;
    case OUTCOME_NOT_OPEN_YET: return 403;
    case OUTCOME_CLOSED: return 403;
    case OUTCOME_NOT_FOUND: return 404;
    case OUTCOME_METHOD_NOT_ALLOWED: return 405;
    case OUTCOME_EMAIL_TAKEN: return 409;
    case OUTCOME_KEY_RUNNING: return 409;
    case OUTCOME_SOLD_OUT: return 409;
    case OUTCOME_SEAT_TAKEN: return 409;
    case OUTCOME_HOLD_LIMIT: return 409;
    case OUTCOME_EXTENSION_USED: return 409;
    case OUTCOME_TOO_LATE: return 409;
    case OUTCOME_BUSY: return 409;
    case OUTCOME_HOLD_EXPIRED: return 410;
    case OUTCOME_CANCELLED: return 410;
    case OUTCOME_BODY_TOO_LARGE: return 413;
    case OUTCOME_MISDIRECTED: return 421;
    case OUTCOME_BAD_VALUE: return 422;
    case OUTCOME_KEY_REUSED: return 422;
    case OUTCOME_TOO_MANY_REQUESTS: return 429;
    case OUTCOME_UNAVAILABLE: return 503;
    }
    abort();
}

static const struct {
    int status;
    const char *phrase;
} statuses[] = {
    {200, "OK"},
    {201, "Created"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {410, "Gone"},
    {413, "Content Too Large"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {503, "Service Unavailable"},
    {0, "Other"},
};

enum { STATUSES = sizeof(statuses) / sizeof(statuses[0]) };

size_t status_index(int status)
{
    size_t index = 0;

    while (index < STATUSES - 1 && statuses[index].status != status)
        index++;
    return index;
}

const char *status_phrase(int status)
{
    return statuses[status_index(status)].phrase;
}

int status_at(size_t index)
{
    return index < STATUSES ? statuses[index].status : 0;
}
