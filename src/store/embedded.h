/* Files of sql/ that are compiled in whole: migrations and checks. Ended by a row without a name. */
#ifndef FRONTROW_STORE_EMBEDDED_H
#define FRONTROW_STORE_EMBEDDED_H

#include <stddef.h>

struct embedded {
    const char *name;
    const char *text;
};

extern const struct embedded embedded_files[];

/* The text of one of them; ends the process when there is none of this name. */
const char *embedded_text(const char *name);

/*
 * The next statement of a text: from its first word to the semicolon that ends a line, comments
 * included, on mem. NULL at the end; *at is moved on.
 */
char *embedded_statement(const void *mem, const char **at);

#endif
