#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/ctl.h"
#include "domain/seat.h"

enum { PAGE = 100 };

static const char usage[] = "hold list CONCERT, or hold release RESERVATION_NUMBER";

static int list(struct call *call, uint64_t concert_id)
{
    struct hold_page page = {0};

    do {
        enum outcome outcome = seat_hold_page(call, concert_id, page.next, PAGE, &page);
        if (outcome != OUTCOME_DONE)
            return ctl_failed(call, "hold", outcome);
        for (size_t i = 0; i < page.count; i++) {
            char ends[CLOCK_TEXT_SIZE];
            clock_to_text(page.row[i].seat.ends_ms, ends);
            printf("%s\t%s\t%s\n", page.row[i].seat.reservation_number, ends, page.row[i].owner.email);
        }
    } while (page.next != 0);
    return EXIT_SUCCESS;
}

int cmd_hold(struct call *call, int argc, char **argv)
{
    uint64_t concert_id;

    if (argc == 3 && strcmp(argv[1], "list") == 0)
        return ctl_concert_id(argv[2], &concert_id) ? list(call, concert_id) : 2;
    if (argc != 3 || strcmp(argv[1], "release") != 0)
        return ctl_usage(usage);
    enum outcome outcome = seat_take_back(call, argv[2], 0);
    return outcome == OUTCOME_DONE ? EXIT_SUCCESS : ctl_failed(call, "hold", outcome);
}
