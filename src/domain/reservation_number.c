#include "domain/reservation_number.h"

#include <inttypes.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "base/text.h"

enum { DATE_DIGITS = CLOCK_DATE_SIZE - 1, SEAT_MAX = 999999 };

static const uint64_t CONCERT_MAX = 9999999999;

bool reservation_number_read(const char *text, char date[CLOCK_DATE_SIZE], uint64_t *concert_id, uint32_t *seat)
{
    uint64_t concert_number;
    uint64_t seat_number;

    if (strspn(text, "0123456789") != DATE_DIGITS || text[DATE_DIGITS] != '.')
        return false;
    const char *concert = text + DATE_DIGITS + 1;
    size_t concert_digits = strcspn(concert, ".");
    if (concert[concert_digits] != '.' || !text_to_u64(concert, concert_digits, CONCERT_MAX, &concert_number))
        return false;
    const char *rest = concert + concert_digits + 1;
    if (!text_to_u64(rest, strlen(rest), SEAT_MAX, &seat_number) || concert_number == 0 || seat_number == 0)
        return false;
    memcpy(date, text, DATE_DIGITS);
    date[DATE_DIGITS] = '\0';
    *concert_id = concert_number;
    *seat = (uint32_t)seat_number;
    return true;
}

const char *reservation_number_text(const void *mem, const char *date, uint64_t concert_id, uint32_t seat)
{
    return must(talloc_asprintf(mem, "%s.%" PRIu64 ".%" PRIu32, date, concert_id, seat));
}
