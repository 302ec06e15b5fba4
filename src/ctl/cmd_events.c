#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/signature.h"
#include "ctl/ctl.h"
#include "store/store.h"

int cmd_events(struct call *call, int argc, char **argv)
{
    uint8_t key[SIGNATURE_KEY_BYTES];

    if (argc != 2 || strcmp(argv[1], "key") != 0)
        return ctl_usage("events key");
    signature_key(call->store->keys, "webhook", key);
    printf("%s\n", signature_key_text(call->mem, key));
    return EXIT_SUCCESS;
}
