#include "store/redis_form.h"

#include <stddef.h>
#include <string.h>

static bool is_text(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS;
}

static bool is_number(const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_STRING)
        return reply->type == REDIS_REPLY_INTEGER;
    const char *digits = reply->str + (reply->str[0] == '-');
    size_t length = strspn(digits, "0123456789");
    return length > 0 && digits[length] == '\0';
}

/* As many elements as there are letters. */
static bool are_of_kinds(const char *letters, size_t count, redisReply *const *elements)
{
    for (size_t i = 0; i < count; i++)
        if (!(letters[i] == 'n' ? is_number(elements[i]) : is_text(elements[i])))
            return false;
    return true;
}

/* What stands behind the word: " nnn (nn)", all of it optional. */
static bool fits_rest(const char *form, redisReply *const *elements, size_t count)
{
    size_t fixed = form[0] == ' ' ? strspn(form + 1, "nt") : 0;

    if (count < fixed || !are_of_kinds(form + 1, fixed, elements))
        return false;
    form += fixed > 0 ? fixed + 1 : 0;
    if (strncmp(form, " (", 2) != 0)
        return count == fixed;
    size_t some = strspn(form + 2, "nt");
    for (; fixed < count; fixed += some)
        if (count - fixed < some || !are_of_kinds(form + 2, some, elements + fixed))
            return false;
    return true;
}

bool redis_form_fits(const char *form, const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0 || !is_text(reply->element[0]))
        return false;
    for (;;) {
        size_t length = strcspn(form, " ");
        if (strlen(reply->element[0]->str) == length && strncmp(form, reply->element[0]->str, length) == 0)
            return fits_rest(form + length, reply->element + 1, reply->elements - 1);
        form = strchr(form, '|');
        if (form == NULL)
            return false;
        form += 2;
    }
}
