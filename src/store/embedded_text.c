#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "store/embedded.h"

const char *embedded_text(const char *name)
{
    for (const struct embedded *file = embedded_files; file->name != NULL; file++)
        if (strcmp(file->name, name) == 0)
            return file->text;
    abort();
}

char *embedded_statement(const void *mem, const char **at)
{
    const char *start = *at + strspn(*at, " \t\r\n");
    const char *end = strstr(start, ";\n");

    if (end == NULL)
        return NULL;
    *at = end + 2;
    return must(talloc_strndup(mem, start, (size_t)(end - start)));
}
