/*
 * Tokens for a crowd, without a crowd's worth of password hashing.
 *
 *   tokens SECRET_FILE FIRST_ACCOUNT COUNT    prints one token a line
 *
 * The layout is that of domain/session.c; bench/run tries the first token before it measures, so a change there is
 * noticed at once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/call.h"
#include "base/clock.h"
#include "base/secret.h"

struct token {
    uint8_t version;
    uint8_t role;
    uint8_t session_id[SESSION_ID_BYTES];
    uint64_t account_id;
    int64_t ends_ms;
} __attribute__((packed));

int main(int argc, char **argv)
{
    const struct secret_keys *keys = argc == 4 ? secret_keys_read(NULL, argv[1]) : NULL;

    if (keys == NULL) {
        fprintf(stderr, "usage: tokens SECRET_FILE FIRST_ACCOUNT COUNT\n");
        return 2;
    }
    uint64_t first = strtoull(argv[2], NULL, 10);
    uint64_t count = strtoull(argv[3], NULL, 10);
    for (uint64_t account_id = first; account_id < first + count; account_id++) {
        struct token token = {.version = 1,
                              .role = ROLE_FAN,
                              .account_id = account_id,
                              .ends_ms = clock_now_ms() + INT64_C(7) * 24 * 3600 * 1000};
        secret_random(token.session_id, sizeof(token.session_id));
        char *text = secret_seal(NULL, keys, "token", &token, sizeof(token));
        puts(text);
        talloc_free(text);
    }
    return EXIT_SUCCESS;
}
