/* Percent-decoding (RFC 3986, section 2.1) of paths and queries. */
#ifndef FRONTROW_HTTP_URI_H
#define FRONTROW_HTTP_URI_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Decode length bytes onto mem. NULL when an escape is broken or the result is not UTF-8 without
 * NUL. In a query a plus is a space.
 */
char *uri_decode(const void *mem, const char *bytes, size_t length, bool query);

/* The decoded value of a parameter, on mem; NULL when it is absent or cannot be decoded. */
char *uri_parameter(const void *mem, const char *query, const char *name);

/* Is the parameter there, decodable or not? */
bool uri_has_parameter(const char *query, const char *name);

#endif
