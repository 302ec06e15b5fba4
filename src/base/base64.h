/* Base64 (RFC 4648, section 4, padded) of what is not secret. */
#ifndef FRONTROW_BASE_BASE64_H
#define FRONTROW_BASE_BASE64_H

#include "base/text.h"

/* Add the bytes in base64 to a text, without quotes. */
void base64_put(struct text *text, const void *bytes, size_t length);

#endif
