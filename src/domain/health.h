/* Do the services that we depend on answer? */
#ifndef FRONTROW_DOMAIN_HEALTH_H
#define FRONTROW_DOMAIN_HEALTH_H

#include <stdbool.h>

#include "base/call.h"

struct counters;

struct health {
    bool mysql;
    bool redis;
};

/* Ask both; waits no longer than their time limits. */
struct health health_check(struct call *call);

/* The counters of this host. */
struct counters *health_counters(const struct call *call);

#endif
