#include <stdio.h>
#include <stdlib.h>

#include "ctl/ctl.h"
#include "domain/invariant.h"

int cmd_check(struct call *call, int argc, char **argv)
{
    struct promise *promises;
    size_t count;
    size_t broken = 0;

    (void)argv;
    if (argc > 1)
        return ctl_usage("check");
    enum outcome outcome = invariant_check(call, &promises, &count);
    if (outcome != OUTCOME_DONE)
        return ctl_failed(call, "check", outcome);
    for (size_t i = 0; i < count; i++) {
        if (promises[i].broken == 0)
            continue;
        printf("broken: %s: %zu rows, such as %s\n", promises[i].promise, promises[i].broken, promises[i].first);
        broken++;
    }
    printf("%zu promises, %zu broken\n", count, broken);
    return broken == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
