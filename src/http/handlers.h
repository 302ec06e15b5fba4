/* Every handler that a row of http/routes.c names. */
#ifndef FRONTROW_HTTP_HANDLERS_H
#define FRONTROW_HTTP_HANDLERS_H

#include "http/route.h"

/* api_account.c, api_session.c, api_points.c */
handler post_account, post_session, delete_session, get_account, get_points, post_charge, get_point_entries;

/* api_concert.c */
handler get_concerts, get_concert, get_layout;

/* api_queue.c */
handler get_board, post_queue, get_queue, delete_queue;

/* api_draw.c, api_stats.c */
handler get_draw, get_operator_stats;

/* api_seat.c */
handler get_seats, post_holds, get_holds, post_holds_extend, delete_hold, get_operator_holds, delete_operator_hold;

/* api_payment.c, api_reservation.c */
handler post_payment, get_reservations, get_reservation, delete_reservation, get_operator_reservation;

/* api_ticket.c */
handler get_ticket, post_ticket_verify;

/* api_operator.c */
handler get_operator_concerts, post_operator_concert, post_operator_import, patch_operator_concert, post_operator_queue,
    get_invariants;

/* api_dead_letter.c */
handler get_operator_outbox, get_operator_dead_letters, get_operator_dead_letter, post_operator_replay;

/* api_health.c, api_metrics.c */
handler get_healthz, get_readyz, get_metrics;

/* The fields of bodies, beside the handlers that read them. */
extern const struct field account_fields[], session_fields[], charge_fields[], queue_fields[], holds_fields[],
    payment_fields[], concert_fields[], import_fields[], policy_fields[], ticket_fields[];

#endif
