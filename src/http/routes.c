#include "base/counters.h"
#include "http/handlers.h"

#define API           "/api/v1"
#define PLAIN         false
#define BODY_OPTIONAL true

/* clang-format off */
const struct route routes[] = {
    /* method    path                                     pool          access         key           body                        answer */
    { "GET",    "/healthz",                               POOL_FAST,    PUBLIC,        NO_KEY,       NO_BODY, PLAIN,              200, get_healthz },
    { "GET",    "/readyz",                                POOL_OFFICE,  PUBLIC,        NO_KEY,       NO_BODY, PLAIN,              200, get_readyz },
    { "GET",    "/metrics",                               POOL_FAST,    PUBLIC,        NO_KEY,       NO_BODY, PLAIN,              200, get_metrics },

    { "GET",    API "/concerts/{}/board",                 POOL_FAST,    PUBLIC,        NO_KEY,       NO_BODY, PLAIN,              200, get_board },
    { "GET",    API "/concerts/{}/seats",                 POOL_FAST,    PUBLIC,        NO_KEY,       NO_BODY, PLAIN,              200, get_seats },
    { "GET",    API "/concerts/{}/draw",                  POOL_FAST,    PUBLIC,        NO_KEY,       NO_BODY, PLAIN,              200, get_draw },
    { "POST",   API "/concerts/{}/queue",                 POOL_FAST,    FAN_BY_SCRIPT, NO_KEY,       queue_fields, BODY_OPTIONAL, 200, post_queue },
    { "GET",    API "/concerts/{}/queue",                 POOL_FAST,    FAN_BY_SCRIPT, NO_KEY,       NO_BODY, PLAIN,              200, get_queue },
    { "DELETE", API "/concerts/{}/queue",                 POOL_FAST,    FAN_BY_SCRIPT, NO_KEY,       NO_BODY, PLAIN,              204, delete_queue },
    { "POST",   API "/concerts/{}/holds",                 POOL_FAST,    FAN_BY_SCRIPT, NO_KEY,       holds_fields, PLAIN,         201, post_holds },
    { "GET",    API "/concerts/{}/holds",                 POOL_FAST,    FAN_BY_SCRIPT, NO_KEY,       NO_BODY, PLAIN,              200, get_holds },
    { "POST",   API "/concerts/{}/holds/extend",          POOL_FAST,    FAN_BY_SCRIPT, NO_KEY,       NO_BODY, PLAIN,              200, post_holds_extend },
    { "DELETE", API "/holds/{}",                          POOL_FAST,    FAN_BY_SCRIPT, NO_KEY,       NO_BODY, PLAIN,              204, delete_hold },

    { "POST",   API "/accounts",                          POOL_SIGN_IN, PUBLIC,        NO_KEY,       account_fields, PLAIN,       201, post_account },
    { "POST",   API "/sessions",                          POOL_SIGN_IN, PUBLIC,        NO_KEY,       session_fields, PLAIN,       201, post_session },

    { "DELETE", API "/sessions/current",                  POOL_MONEY,   FAN,           NO_KEY,       NO_BODY, PLAIN,              204, delete_session },
    { "GET",    API "/account",                           POOL_MONEY,   FAN,           NO_KEY,       NO_BODY, PLAIN,              200, get_account },
    { "GET",    API "/points",                            POOL_MONEY,   FAN,           NO_KEY,       NO_BODY, PLAIN,              200, get_points },
    { "POST",   API "/points/charges",                    POOL_MONEY,   FAN,           KEY_REQUIRED, charge_fields, PLAIN,        201, post_charge },
    { "GET",    API "/points/entries",                    POOL_MONEY,   FAN,           NO_KEY,       NO_BODY, PLAIN,              200, get_point_entries },
    { "POST",   API "/payments",                          POOL_MONEY,   FAN,           KEY_REQUIRED, payment_fields, PLAIN,       201, post_payment },
    { "GET",    API "/reservations",                      POOL_MONEY,   FAN,           NO_KEY,       NO_BODY, PLAIN,              200, get_reservations },
    { "GET",    API "/reservations/{}",                   POOL_MONEY,   FAN,           NO_KEY,       NO_BODY, PLAIN,              200, get_reservation },
    { "DELETE", API "/reservations/{}",                   POOL_MONEY,   FAN,           KEY_REQUIRED, NO_BODY, PLAIN,              200, delete_reservation },
    { "GET",    API "/reservations/{}/ticket.svg",        POOL_MONEY,   FAN,           NO_KEY,       NO_BODY, PLAIN,              200, get_ticket },

    { "GET",    API "/concerts",                          POOL_OFFICE,  PUBLIC,        NO_KEY,       NO_BODY, PLAIN,              200, get_concerts },
    { "GET",    API "/concerts/{}",                       POOL_OFFICE,  PUBLIC,        NO_KEY,       NO_BODY, PLAIN,              200, get_concert },
    { "GET",    API "/concerts/{}/layout",                POOL_OFFICE,  PUBLIC,        NO_KEY,       NO_BODY, PLAIN,              200, get_layout },
    { "GET",    API "/operator/concerts",                 POOL_OFFICE,  OPERATOR,      NO_KEY,       NO_BODY, PLAIN,              200, get_operator_concerts },
    { "POST",   API "/operator/concerts",                 POOL_OFFICE,  OPERATOR,      NO_KEY,       concert_fields, PLAIN,       201, post_operator_concert },
    { "POST",   API "/operator/concerts/import",          POOL_OFFICE,  OPERATOR,      NO_KEY,       import_fields, PLAIN,        201, post_operator_import },
    { "PATCH",  API "/operator/concerts/{}",              POOL_OFFICE,  OPERATOR,      NO_KEY,       policy_fields, PLAIN,        200, patch_operator_concert },
    { "POST",   API "/operator/concerts/{}/queue/{}",     POOL_OFFICE,  OPERATOR,      NO_KEY,       NO_BODY, PLAIN,              200, post_operator_queue },
    { "GET",    API "/operator/concerts/{}/stats",        POOL_OFFICE,  OPERATOR,      NO_KEY,       NO_BODY, PLAIN,              200, get_operator_stats },
    { "GET",    API "/operator/concerts/{}/holds",        POOL_OFFICE,  OPERATOR,      NO_KEY,       NO_BODY, PLAIN,              200, get_operator_holds },
    { "DELETE", API "/operator/holds/{}",                 POOL_OFFICE,  OPERATOR,      NO_KEY,       NO_BODY, PLAIN,              204, delete_operator_hold },
    { "GET",    API "/operator/reservations/{}",          POOL_OFFICE,  OPERATOR,      NO_KEY,       NO_BODY, PLAIN,              200, get_operator_reservation },
    { "POST",   API "/operator/tickets/verify",           POOL_OFFICE,  OPERATOR,      NO_KEY,       ticket_fields, PLAIN,        200, post_ticket_verify },
    { "GET",    API "/operator/outbox",                   POOL_OFFICE,  OPERATOR,      NO_KEY,       NO_BODY, PLAIN,              200, get_operator_outbox },
    { "GET",    API "/operator/dead-letters",             POOL_OFFICE,  OPERATOR,      NO_KEY,       NO_BODY, PLAIN,              200, get_operator_dead_letters },
    { "GET",    API "/operator/dead-letters/{}",          POOL_OFFICE,  OPERATOR,      NO_KEY,       NO_BODY, PLAIN,              200, get_operator_dead_letter },
    { "POST",   API "/operator/dead-letters/{}/replay",   POOL_OFFICE,  OPERATOR,      NO_KEY,       NO_BODY, PLAIN,              200, post_operator_replay },
    { "GET",    API "/operator/invariants",               POOL_OFFICE,  OPERATOR,      NO_KEY,       NO_BODY, PLAIN,              200, get_invariants },
};
/* clang-format on */

const size_t routes_count = sizeof(routes) / sizeof(routes[0]);

_Static_assert(sizeof(routes) / sizeof(routes[0]) < COUNTERS_ROUTES_MAX, "a counter for each route and one for none");
