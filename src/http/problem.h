/* Problem details (RFC 9457): how every refusal is answered. */
#ifndef FRONTROW_HTTP_PROBLEM_H
#define FRONTROW_HTTP_PROBLEM_H

#include "http/request.h"
#include "http/response.h"

void problem_write(const struct request *request, enum outcome outcome, struct response *response);

#endif
