#include "events/bus.h"

#include <string.h>

#include "base/log.h"

static const struct bus *const buses[] = {&bus_stream, &bus_kafka};

const struct bus *bus_named(const char *name)
{
    for (size_t i = 0; i < sizeof(buses) / sizeof(buses[0]); i++)
        if (strcmp(buses[i]->name, name) == 0)
            return buses[i];
    log_error("bus_unknown name=\"%s\"", name);
    return NULL;
}
