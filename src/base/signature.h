/*
 * Signing what we send to others, so that they know it is from us and new. The form is that of
 * Standard Webhooks (HMAC-SHA256 over "id.timestamp.body"), which many languages have a library for.
 */
#ifndef FRONTROW_BASE_SIGNATURE_H
#define FRONTROW_BASE_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

#include "base/secret.h"

enum { SIGNATURE_KEY_BYTES = 32 };

/* The purpose of the key that signs messages to other systems. */
#define SIGNATURE_OF_WEBHOOKS "webhook"

/*
 * The key for one purpose, drawn from the first line of the key file: whoever is told this key
 * learns nothing of the others.
 */
void signature_key(const struct secret_keys *keys, const char *purpose, uint8_t key[SIGNATURE_KEY_BYTES]);

/* The key as receivers are given it: "whsec_" and base64. */
char *signature_key_text(const void *mem, const uint8_t key[SIGNATURE_KEY_BYTES]);

/* "v1," and the tag in base64. */
char *signature_make(const void *mem, const uint8_t key[SIGNATURE_KEY_BYTES], const char *id, int64_t unix_s,
                     const char *body);

#endif
