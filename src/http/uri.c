#include "http/uri.h"

#include <ctype.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "base/text.h"

static int hex_digit(char digit)
{
    if (!isxdigit((unsigned char)digit))
        return -1;
    return isdigit((unsigned char)digit) ? digit - '0' : tolower((unsigned char)digit) - 'a' + 10;
}

char *uri_decode(const void *mem, const char *bytes, size_t length, bool query)
{
    char *decoded = must(talloc_size(mem, length + 1));
    size_t out = 0;

    for (size_t i = 0; i < length; i++) {
        decoded[out] = query && bytes[i] == '+' ? ' ' : bytes[i];
        if (bytes[i] == '%') {
            int high = i + 1 < length ? hex_digit(bytes[i + 1]) : -1;
            int low = i + 2 < length ? hex_digit(bytes[i + 2]) : -1;
            if (high < 0 || low < 0)
                return NULL;
            decoded[out] = (char)(high * 16 + low);
            i += 2;
        }
        out++;
    }
    decoded[out] = '\0';
    return text_is_utf8(decoded, out) ? decoded : NULL;
}

/* Where the value of a parameter begins, and its length; NULL when it is absent. */
static const char *find(const char *query, const char *name, size_t *value_length)
{
    size_t name_length = strlen(name);

    while (*query != '\0') {
        size_t length = strcspn(query, "&");
        if (length > name_length && strncmp(query, name, name_length) == 0 && query[name_length] == '=') {
            *value_length = length - name_length - 1;
            return query + name_length + 1;
        }
        query += length + (query[length] == '&');
    }
    return NULL;
}

char *uri_parameter(const void *mem, const char *query, const char *name)
{
    size_t length;
    const char *value = find(query, name, &length);

    return value == NULL ? NULL : uri_decode(mem, value, length, true);
}

bool uri_has_parameter(const char *query, const char *name)
{
    size_t length;

    return find(query, name, &length) != NULL;
}
