#include "domain/health.h"

#include "store/mysql.h"
#include "store/redis.h"
#include "store/store.h"

struct health health_check(struct call *call)
{
    return (struct health){
        .mysql = mysql_link_ping(call->store->mysql),
        .redis = redis_command(call->store->redis, call->mem, REDIS_TEXTS("PING")) != NULL,
    };
}

struct counters *health_counters(const struct call *call)
{
    return call->store->counters;
}
