/* The number of a seat on sale: date at the venue, concert, seat, such as 20241112.5.4. */
#ifndef FRONTROW_DOMAIN_RESERVATION_NUMBER_H
#define FRONTROW_DOMAIN_RESERVATION_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

/*
 * Read a number. False when it is not written as reservation_number_text() writes it; whether such
 * a concert has such a date and seat is for the caller to see.
 */
bool reservation_number_read(const char *text, char date[CLOCK_DATE_SIZE], uint64_t *concert_id, uint32_t *seat);

/* Write a number, on mem. */
const char *reservation_number_text(const void *mem, const char *date, uint64_t concert_id, uint32_t seat);

#endif
