/* Events that a consumer group gave up on, and sending them again. */
#ifndef FRONTROW_DOMAIN_DEAD_LETTER_H
#define FRONTROW_DOMAIN_DEAD_LETTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/call.h"
#include "store/dead_letters.h"

/* Up to limit with a number below before (0: from the newest), newest first. DONE or UNAVAILABLE. */
enum outcome dead_letter_list(struct call *call, uint64_t before, size_t limit, struct dead_letter **letters,
                              size_t *count);

/* One. DONE, NOT_FOUND or UNAVAILABLE. */
enum outcome dead_letter_read(struct call *call, uint64_t dead_letter_id, struct dead_letter *letter);

/*
 * Let its group have the event once more, with all attempts before it. Other groups hear nothing of
 * it, and what happens now still happens once: asked again before it has died again, this changes
 * nothing. DONE with *letter, NOT_FOUND or UNAVAILABLE.
 */
enum outcome dead_letter_replay(struct call *call, uint64_t dead_letter_id, struct dead_letter *letter);

#endif
