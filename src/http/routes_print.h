/* The route table for people and tests. */
#ifndef FRONTROW_HTTP_ROUTES_PRINT_H
#define FRONTROW_HTTP_ROUTES_PRINT_H

#include <stdio.h>

/* A line a route: METHOD PATH POOL ACCESS, and KEY or - for whether an Idempotency-Key is required. */
void routes_print(FILE *file);

#endif
