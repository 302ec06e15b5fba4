#include "domain/reservation.h"

#include "domain/reservation_number.h"

/* What is no number at all need not trouble the database. */
static bool is_number(const char *text)
{
    char date[CLOCK_DATE_SIZE];
    uint64_t concert_id;
    uint32_t seat;

    return reservation_number_read(text, date, &concert_id, &seat);
}

enum outcome reservation_read(struct call *call, const char *reservation_number, struct reservation *reservation)
{
    if (!is_number(reservation_number))
        return OUTCOME_NOT_FOUND;
    enum outcome outcome = reservations_find(call, reservation_number, reservation);
    if (outcome == OUTCOME_DONE)
        outcome = concerts_plan(call, reservation->concert_id, &reservation->plan);
    return outcome;
}

enum outcome reservation_find(struct call *call, const char *reservation_number, struct reservation *reservation,
                              struct account *owner)
{
    if (!is_number(reservation_number))
        return OUTCOME_NOT_FOUND;
    enum outcome outcome = reservations_find_anybodys(call, reservation_number, reservation);
    if (outcome == OUTCOME_DONE)
        outcome = concerts_plan(call, reservation->concert_id, &reservation->plan);
    if (outcome == OUTCOME_DONE)
        outcome = accounts_read(call, reservation->account_id, owner);
    return outcome;
}

enum outcome reservation_list(struct call *call, uint64_t before, size_t limit, struct reservation **reservations,
                              size_t *count)
{
    enum outcome outcome = reservations_list(call, before, limit, reservations, count);

    for (size_t i = 0; outcome == OUTCOME_DONE && i < *count; i++)
        outcome = concerts_plan(call, (*reservations)[i].concert_id, &(*reservations)[i].plan);
    return outcome;
}
