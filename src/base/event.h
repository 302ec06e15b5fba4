/*
 * What crosses the bus: something that happened, told once it can no longer be undone. The shape is
 * that of Debezium's outbox, so that change data capture can take the relay's place.
 */
#ifndef FRONTROW_BASE_EVENT_H
#define FRONTROW_BASE_EVENT_H

#include <stdint.h>

#include "base/secret.h"

struct event {
    char id[SECRET_UUID_SIZE]; /* the same however often it arrives */
    const char *aggregatetype; /* names the topic or stream */
    const char *aggregateid;   /* the key: events of one aggregate keep their order */
    const char *type;          /* "payment.completed" */
    const char *payload;       /* JSON */
    int64_t created_ms;
};

#endif
