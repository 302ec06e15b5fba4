/* Holding a body against its route's fields. */
#ifndef FRONTROW_HTTP_BODY_H
#define FRONTROW_HTTP_BODY_H

#include "http/route.h"

/*
 * DONE; BAD_JSON when a required member is missing, one is unknown or of another kind; BAD_VALUE
 * when one is out of range. The refusal names the field.
 */
enum outcome body_check(struct call *call, const struct field *fields, struct json_object *body);

#endif
