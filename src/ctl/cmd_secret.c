#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "ctl/ctl.h"

int cmd_secret(struct call *call, int argc, char **argv)
{
    if (argc != 2 || strcmp(argv[1], "new") != 0)
        return ctl_usage("secret new");
    fputs(secret_keys_line(call->mem), stdout);
    return EXIT_SUCCESS;
}
