/*
 * Everything that must not be guessed or forged: passwords, tokens, tickets, fingerprints.
 * All of it is libsodium.
 */
#ifndef FRONTROW_BASE_SECRET_H
#define FRONTROW_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SECRET_PASSWORD_HASH_SIZE = 128, SECRET_UUID_SIZE = 37 };

struct secret_keys;

/*
 * Read the key file: lines "id:64 hex digits", the first signs, all verify, so that a new first
 * line rotates the secret without making anybody sign in again. NULL when it cannot be read or a
 * line is wrong; that was logged, without the line's content. Lives as long as mem.
 */
struct secret_keys *secret_keys_read(const void *mem, const char *path);

/* A line for the key file, newline included. */
char *secret_keys_line(const void *mem);

/* Bytes nobody can guess. */
void secret_random(void *bytes, size_t length);

/* A number below limit, each as likely as the other. */
uint32_t secret_random_below(uint32_t limit);

/* A version 4 UUID (RFC 9562) as text. */
void secret_uuid(char text[SECRET_UUID_SIZE]);

/*
 * Seal a message: URL-safe text that holds it with a keyed BLAKE2b tag. Anyone can read it, nobody
 * can change it. The purpose separates kinds, so that a ticket is never taken for a token.
 */
char *secret_seal(const void *mem, const struct secret_keys *keys, const char *purpose, const void *message,
                  size_t length);

/* Open what was sealed for this purpose into exactly length bytes. False when it is anything else. */
bool secret_open(const struct secret_keys *keys, const char *purpose, const char *sealed, void *message, size_t length);

/* argon2id at 19 MiB and two passes: about 40 ms of CPU. False when memory for it is missing. */
bool secret_password_hash(const char *password, char hash[SECRET_PASSWORD_HASH_SIZE]);
bool secret_password_matches(const char *password, const char *hash);

/* BLAKE2b of what was put in; to compare, not to authenticate. */
void secret_fingerprint(const void *bytes, size_t length, uint8_t *out, size_t out_length);

/* Lower-case hex, ended by NUL: room for 2 * length + 1. */
void secret_hex(const void *bytes, size_t length, char *text);

#endif
