/*
 * Memory either is there or the process ends: nothing better can be done without it, and the
 * parent starts a new one.
 */
#ifndef FRONTROW_BASE_MUST_H
#define FRONTROW_BASE_MUST_H

/* The pointer given, of its own type, or the end of the process when it is NULL. */
#define must(pointer) ((__typeof__(pointer))must_have((pointer), __FILE__, __LINE__))

void *must_have(const void *pointer, const char *file, int line) __attribute__((returns_nonnull));

#endif
