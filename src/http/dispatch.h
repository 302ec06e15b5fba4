/*
 * From a FastCGI request to its answer: find the row, enforce it, run the handler, write.
 */
#ifndef FRONTROW_HTTP_DISPATCH_H
#define FRONTROW_HTTP_DISPATCH_H

#include <fcgiapp.h>
#include <stdatomic.h>
#include <stdint.h>

#include "http/route.h"

struct store;

/* What one thread answers with. */
struct desk {
    struct store *store;
    enum pool pool;
    void *mem;              /* emptied after every request */
    _Atomic uint64_t *busy; /* how many threads of this process are answering */
};

/* Answer one request. Its body has been read to its end afterwards, whatever became of it. */
void dispatch(FCGX_Request *fcgi, void *desk);

#endif
