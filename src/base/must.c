#include "base/must.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

void *must_have(const void *pointer, const char *file, int line)
{
    if (pointer == NULL) {
        /* No logging function here: it may want memory itself. */
        fprintf(stderr, "<2>out_of_memory at=%s:%d\n", file, line);
        abort();
    }
    return (void *)(uintptr_t)pointer;
}
