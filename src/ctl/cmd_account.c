#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "domain/account.h"

/* A password on the command line would stand in the list of processes. */
static bool read_password(char password[], int room)
{
    if (fgets(password, room, stdin) == NULL)
        return false;
    password[strcspn(password, "\r\n")] = '\0';
    return strlen(password) >= ACCOUNT_PASSWORD_CHARACTERS_MIN;
}

int cmd_account(struct call *call, int argc, char **argv)
{
    struct account account = {0};
    char password[ACCOUNT_PASSWORD_CHARACTERS_MAX * 4 + 2];

    if (argc != 5 || strcmp(argv[1], "add") != 0 || (strcmp(argv[4], "fan") != 0 && strcmp(argv[4], "operator") != 0))
        return ctl_usage("account add EMAIL NAME fan|operator  (its password on standard input)");
    if (!read_password(password, sizeof(password))) {
        fprintf(stderr, "the password on standard input must have at least %d characters\n",
                ACCOUNT_PASSWORD_CHARACTERS_MIN);
        return EXIT_FAILURE;
    }
    account.email = argv[2];
    account.name = argv[3];
    account.role = strcmp(argv[4], "operator") == 0 ? ROLE_OPERATOR : ROLE_FAN;
    enum outcome outcome = account_hash_password(call, password, &account.password_hash);
    if (outcome == OUTCOME_DONE)
        outcome = account_open(call, &account);
    if (outcome != OUTCOME_DONE)
        return ctl_failed(call, "account", outcome);
    printf("account %" PRIu64 "\n", account.account_id);
    return EXIT_SUCCESS;
}
