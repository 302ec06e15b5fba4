#include "base/digest.h"

#include <sodium/crypto_hash_sha256.h>

void digest_sha256(const void *bytes, size_t length, uint8_t digest[DIGEST_BYTES])
{
    _Static_assert((int)DIGEST_BYTES == (int)crypto_hash_sha256_BYTES, "libsodium's digest has this size");
    crypto_hash_sha256(digest, bytes, length);
}
