/*
 * SHA-256, for what anybody must be able to work out again with a few lines of their own: the draw.
 * Secrets are base/secret.h's.
 */
#ifndef FRONTROW_BASE_DIGEST_H
#define FRONTROW_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum { DIGEST_BYTES = 32 };

void digest_sha256(const void *bytes, size_t length, uint8_t digest[DIGEST_BYTES]);

#endif
