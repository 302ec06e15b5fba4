/*
 * What a handler answers. A handler that ends DONE has written body (or wants none: 204); any other
 * outcome is answered as a problem (RFC 9457) made from the outcome and call.refusal.
 */
#ifndef FRONTROW_HTTP_RESPONSE_H
#define FRONTROW_HTTP_RESPONSE_H

#include "base/text.h"

struct response {
    int status;               /* of DONE; starts as the route row's */
    struct text *body;        /* starts empty */
    const char *content_type; /* starts as application/json */
    struct text *headers;     /* more header lines, each "Name: value\r\n"; starts empty */
};

#endif
