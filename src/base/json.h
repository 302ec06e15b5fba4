/*
 * JSON that people send. What we answer is written straight into a text (base/text.h).
 */
#ifndef FRONTROW_BASE_JSON_H
#define FRONTROW_BASE_JSON_H

#include <json-c/json_object.h>
#include <json-c/linkhash.h>
#include <stddef.h>

enum { JSON_DEPTH_MAX = 8 };

/*
 * Read one JSON object and nothing behind it, hung on mem. NULL when it is anything else: not
 * UTF-8, deeper than JSON_DEPTH_MAX, with a name twice in one object, or with a NUL.
 */
struct json_object *json_read(const void *mem, const char *bytes, size_t length);

#endif
