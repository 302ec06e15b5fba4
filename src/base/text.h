/*
 * Text that grows: answers, keys and log lines are written into one of these.
 */
#ifndef FRONTROW_BASE_TEXT_H
#define FRONTROW_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *bytes; /* always ends with a NUL that length does not count */
    size_t length;
    size_t room;
};

/* An empty text that lives as long as mem; room is a first guess in bytes. */
struct text *text_new(const void *mem, size_t room);

void text_add(struct text *text, const void *bytes, size_t length);
void text_put(struct text *text, const char *string);
void text_number(struct text *text, int64_t number);
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As a JSON string, quotes included. The input is UTF-8; invalid bytes become U+FFFD. */
void text_json(struct text *text, const char *string);

/* As a JSON string with the time in RFC 3339, UTC, milliseconds; null when unix_ms is 0. */
void text_json_time(struct text *text, int64_t unix_ms);

/*
 * Read a whole decimal number without sign or leading zero. False when it is anything else or
 * greater than max; *number is then untouched.
 */
bool text_to_u64(const char *string, size_t length, uint64_t max, uint64_t *number);

/* Characters, not bytes, of UTF-8. */
size_t text_characters(const char *string);

/* True when the bytes are UTF-8 as RFC 3629 defines it, with no NUL among them. */
bool text_is_utf8(const char *bytes, size_t length);

#endif
