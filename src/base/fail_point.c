#include "base/fail_point.h"

#ifdef FAIL_POINTS

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/secret.h"

struct order {
    char name[64];
    char action[8];
    long hang_ms;
    double probability;
};

static bool is_for(const struct order *order, const char *name)
{
    size_t length = strlen(order->name);

    if (length > 0 && order->name[length - 1] == '*')
        return strncmp(order->name, name, length - 1) == 0;
    return strcmp(order->name, name) == 0;
}

static bool is_due(const struct order *order)
{
    return secret_random_below(1000000) < (uint32_t)(order->probability * 1000000);
}

static bool obey(const struct order *order, const char *name)
{
    struct timespec pause = {.tv_sec = order->hang_ms / 1000, .tv_nsec = order->hang_ms % 1000 * 1000000};

    log_warning("fail_point name=%s action=%s", name, order->action);
    if (strcmp(order->action, "die") == 0)
        kill(getpid(), SIGKILL);
    if (strcmp(order->action, "hang") == 0)
        nanosleep(&pause, NULL);
    return strcmp(order->action, "fail") == 0;
}

bool fail_point(const char *name)
{
    const char *path = getenv("FRONTROW_FAIL_POINTS");
    FILE *file = path == NULL ? NULL : fopen(path, "re");
    struct order order;
    bool fails = false;

    if (file == NULL)
        return false;
    while (fscanf(file, "%63s %7s %ld %lf", order.name, order.action, &order.hang_ms, &order.probability) == 4)
        if (is_for(&order, name) && is_due(&order))
            fails |= obey(&order, name);
    fclose(file);
    return fails;
}

#else

/* ISO C wants a file to have something in it. */
typedef int no_fail_points;

#endif
