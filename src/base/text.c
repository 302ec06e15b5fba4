#include "base/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>

#include "base/clock.h"
#include "base/must.h"

struct text *text_new(const void *mem, size_t room)
{
    struct text *text = must(talloc_zero(mem, struct text));

    text->room = room < 64 ? 64 : room;
    text->bytes = must(talloc_size(text, text->room));
    text->bytes[0] = '\0';
    return text;
}

static void make_room(struct text *text, size_t more)
{
    size_t needed = text->length + more + 1;

    if (needed <= text->room)
        return;
    while (text->room < needed)
        text->room *= 2;
    text->bytes = must(talloc_realloc_size(text, text->bytes, text->room));
}

void text_add(struct text *text, const void *bytes, size_t length)
{
    make_room(text, length);
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void text_put(struct text *text, const char *string)
{
    text_add(text, string, strlen(string));
}

void text_number(struct text *text, int64_t number)
{
    char digits[24];
    int length = snprintf(digits, sizeof(digits), "%" PRId64, number);

    text_add(text, digits, (size_t)length);
}

void text_format(struct text *text, const char *format, ...)
{
    size_t room = text->room - text->length;
    va_list args;

    va_start(args, format);
    int length = vsnprintf(text->bytes + text->length, room, format, args);
    va_end(args);
    if ((size_t)length >= room) {
        make_room(text, (size_t)length);
        va_start(args, format);
        vsnprintf(text->bytes + text->length, (size_t)length + 1, format, args);
        va_end(args);
    }
    text->length += (size_t)length;
}

/* Length of the UTF-8 sequence that starts here (RFC 3629, section 4), or 0 when it is not one. */
static size_t utf8_sequence(const unsigned char *at, size_t left)
{
    if (at[0] < 0x80)
        return 1;
    size_t length = at[0] >= 0xc2 && at[0] <= 0xdf   ? 2
                    : (at[0] & 0xf0) == 0xe0         ? 3
                    : at[0] >= 0xf0 && at[0] <= 0xf4 ? 4
                                                     : 0;
    if (length == 0 || length > left)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
    bool surrogate = at[0] == 0xed && at[1] > 0x9f;
    bool too_big = at[0] == 0xf4 && at[1] > 0x8f;
    return overlong || surrogate || too_big ? 0 : length;
}

/* Every byte that does not continue a character begins one. */
size_t text_characters(const char *string)
{
    size_t count = 0;

    for (; *string != '\0'; string++)
        count += ((unsigned char)*string & 0xc0) != 0x80;
    return count;
}

bool text_is_utf8(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t step = utf8_sequence((const unsigned char *)bytes + i, length - i);
        if (step == 0 || bytes[i] == '\0')
            return false;
        i += step;
    }
    return true;
}

static void put_json_byte(struct text *text, unsigned char byte)
{
    if (byte == '"' || byte == '\\')
        text_format(text, "\\%c", byte);
    else if (byte < 0x20 || byte == 0x7f)
        text_format(text, "\\u%04x", byte);
    else
        text_add(text, &byte, 1);
}

void text_json(struct text *text, const char *string)
{
    size_t length = strlen(string);

    text_put(text, "\"");
    for (size_t i = 0; i < length;) {
        size_t step = utf8_sequence((const unsigned char *)string + i, length - i);
        if (step == 0)
            text_put(text, "\xef\xbf\xbd");
        else if (step == 1)
            put_json_byte(text, (unsigned char)string[i]);
        else
            text_add(text, string + i, step);
        i += step == 0 ? 1 : step;
    }
    text_put(text, "\"");
}

void text_json_time(struct text *text, int64_t unix_ms)
{
    char time[CLOCK_TEXT_SIZE];

    if (unix_ms == 0) {
        text_put(text, "null");
        return;
    }
    clock_to_text(unix_ms, time);
    text_format(text, "\"%s\"", time);
}

bool text_to_u64(const char *string, size_t length, uint64_t max, uint64_t *number)
{
    uint64_t value = 0;

    if (length == 0 || length > 20 || (length > 1 && string[0] == '0'))
        return false;
    for (size_t i = 0; i < length; i++) {
        if (string[i] < '0' || string[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(string[i] - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (value > max)
        return false;
    *number = value;
    return true;
}
