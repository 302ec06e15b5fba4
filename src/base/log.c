#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { LINE_BYTES_MAX = 2048 };

static enum log_level highest = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
    highest = level;
}

/* What came from outside must not be able to start a line of its own. */
static void flatten(char *line, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = ' ';
}

void log_event(enum log_level level, const char *format, ...)
{
    char line[LINE_BYTES_MAX];
    va_list args;

    if (level > highest)
        return;
    int start = snprintf(line, sizeof(line), "<%d>", (int)level);
    va_start(args, format);
    int length = vsnprintf(line + start, sizeof(line) - (size_t)start - 1, format, args);
    va_end(args);
    if (length < 0)
        return;
    length += start;
    if (length > LINE_BYTES_MAX - 2)
        length = LINE_BYTES_MAX - 2;
    flatten(line, (size_t)length);
    line[length++] = '\n';
    /* A line that cannot be written has nowhere to be complained about. */
    ssize_t written = write(STDERR_FILENO, line, (size_t)length);
    (void)written;
}
