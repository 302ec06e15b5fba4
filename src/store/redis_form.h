/*
 * The form of a script's answer, as the line "-- answer:" of its Lua file gives it:
 *     held nnn (nn) | taken (n) | limit
 * An answer is a list that begins with a word. Behind it come n, a whole number, and t, a text; what is in brackets
 * comes any number of times.
 */
#ifndef FRONTROW_STORE_REDIS_FORM_H
#define FRONTROW_STORE_REDIS_FORM_H

#include <hiredis/hiredis.h>
#include <stdbool.h>

bool redis_form_fits(const char *form, const redisReply *reply);

#endif
