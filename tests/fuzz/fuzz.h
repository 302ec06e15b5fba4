/*
 * What the fuzz targets share. A target is one file with these two functions; linked with libFuzzer it is driven by
 * coverage (tests/fuzz/run), linked with tests/fuzz/replay.c it replays its corpus, as ./check does.
 */
#ifndef FRONTROW_TESTS_FUZZ_H
#define FRONTROW_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/call.h"
#include "store/store.h"

/* Once, before the first input. */
void fuzz_start(void);

/* One input. What must always hold is asserted. */
void fuzz_one(const uint8_t *bytes, size_t size);

/*
 * A store whose Redis answers with bytes of the input and whose MySQL is tests/fuzz/mysql.c. It lasts as long as the
 * process. Lines that the server logs are swallowed unless FUZZ_LOG is set.
 */
struct store *fuzz_store(void);

/* What Redis answers from now on, as it comes over the wire; then its connection breaks. */
void fuzz_redis(const uint8_t *bytes, size_t size);

/* How MySQL is: what a changing statement says, and whether it is there at all. */
enum fuzz_mysql { FUZZ_MYSQL_CHANGES, FUZZ_MYSQL_CHANGES_NOTHING, FUZZ_MYSQL_DUPLICATE, FUZZ_MYSQL_DOWN };
void fuzz_mysql(enum fuzz_mysql mood);

/*
 * What we sealed: tokens of account 7, that of a fan and that of an operator; the fan's ticket for the queue of concert
 * 1; the ticket that a door reads, of reservation 1.
 */
const char *fuzz_token(enum role role);
const char *fuzz_ticket(void);
const char *fuzz_entrance(void);

/* A path under which these bytes can be read. */
const char *fuzz_file(const uint8_t *bytes, size_t size);

/*
 * A copy with a NUL behind it. @F, @O, @T and @D stand for the tokens and the tickets. "^PB" behind one changes its
 * byte P by the bits of B, so that the fuzzer, which does not see the sealed text, can forge it.
 */
char *fuzz_text(const void *mem, const uint8_t *bytes, size_t size);

#endif
