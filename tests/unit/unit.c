#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "base/must.h"

enum { FILES_MAX = 32, ERRORS_MAX = 8192 };

static char *files[FILES_MAX];
static size_t files_count;

int unit_start(void **state)
{
    *state = must(talloc_new(NULL));
    return 0;
}

int unit_stop(void **state)
{
    talloc_free(*state);
    return 0;
}

static void remove_files(void)
{
    while (files_count > 0) {
        unlink(files[--files_count]);
        free(files[files_count]);
    }
}

const char *unit_file(const char *text)
{
    char *path = must(strdup("/tmp/frontrow-unit-XXXXXX"));
    int file = mkstemp(path);

    if (files_count == 0)
        atexit(remove_files);
    assert_true(file >= 0 && files_count < FILES_MAX);
    files[files_count++] = path;
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    close(file);
    return path;
}

const char *unit_errors_of(void (*run)(void *data), void *data)
{
    static char errors[ERRORS_MAX];
    FILE *file = must(tmpfile());
    int before = dup(STDERR_FILENO);

    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
    run(data);
    fflush(stderr);
    dup2(before, STDERR_FILENO);
    close(before);
    rewind(file);
    errors[fread(errors, 1, sizeof(errors) - 1, file)] = '\0';
    fclose(file);
    return errors;
}
