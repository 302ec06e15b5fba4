#include "base/base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* One to three bytes as four characters. */
static void put_group(struct text *text, const uint8_t *bytes, size_t length)
{
    uint32_t group = (uint32_t)bytes[0] << 16;

    if (length > 1)
        group |= (uint32_t)bytes[1] << 8;
    if (length > 2)
        group |= bytes[2];
    char out[4] = {digits[group >> 18], digits[group >> 12 & 63], length > 1 ? digits[group >> 6 & 63] : '=',
                   length > 2 ? digits[group & 63] : '='};
    text_add(text, out, sizeof(out));
}

void base64_put(struct text *text, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;

    for (; length > 3; at += 3, length -= 3)
        put_group(text, at, 3);
    if (length > 0)
        put_group(text, at, length);
}
