#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "ctl/ctl.h"
#include "domain/concert.h"
#include "domain/reservation.h"

static void print_time(const char *name, int64_t unix_ms)
{
    char text[CLOCK_TEXT_SIZE];

    if (unix_ms == 0)
        return;
    clock_to_text(unix_ms, text);
    printf("%s %s\n", name, text);
}

int cmd_reservation(struct call *call, int argc, char **argv)
{
    struct reservation reservation;
    struct account owner;

    if (argc != 2)
        return ctl_usage("reservation NUMBER");
    enum outcome outcome = reservation_find(call, argv[1], &reservation, &owner);
    if (outcome != OUTCOME_DONE)
        return ctl_failed(call, "reservation", outcome);
    const struct seat_place place = concert_seat(reservation.plan, reservation.seat);
    printf("%s %s\nconcert %" PRIu64 " %s\nseat %s %" PRIu32 "-%" PRIu32 "\nprice %" PRId64 "\nowner %" PRIu64
           " %s %s\n",
           reservation.reservation_number, reservation.cancelled_ms == 0 ? "paid" : "cancelled", reservation.concert_id,
           reservation.plan->title, place.section->section, place.row, place.number, reservation.price,
           owner.account_id, owner.email, owner.name);
    print_time("paid_at", reservation.paid_ms);
    print_time("used_at", reservation.used_ms);
    print_time("cancelled_at", reservation.cancelled_ms);
    return EXIT_SUCCESS;
}
