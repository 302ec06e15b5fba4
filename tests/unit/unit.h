/* What every unit test starts with: cmocka, after the headers that it wants first. */
#ifndef FRONTROW_TESTS_UNIT_H
#define FRONTROW_TESTS_UNIT_H

/* cmocka.h wants these first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>

#define LENGTH(list) (sizeof(list) / sizeof((list)[0]))

/* A group fixture that gives each test an empty talloc context. */
int unit_start(void **state);
int unit_stop(void **state);

/* A file of this text in a folder of its own, gone at exit; its path lives as long as the process. */
const char *unit_file(const char *text);

/* What the code under test writes to standard error while run(data) runs, as a string that lives until the next one. */
const char *unit_errors_of(void (*run)(void *data), void *data);

#endif
