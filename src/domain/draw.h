/*
 * The draw of those who came before the opening. Its commitment is published when the concert is
 * made; at the opening the list of entrants is frozen and hashed, the order follows from seed and
 * list hash together, and the seed is published. docs/draw.md says it for fans.
 */
#ifndef FRONTROW_DOMAIN_DRAW_H
#define FRONTROW_DOMAIN_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/call.h"
#include "store/queues_draw.h"

/* What everybody may know. DONE, NOT_FOUND or UNAVAILABLE. */
enum outcome draw_show(struct call *call, uint64_t concert_id, struct shown_draw *shown);

/* The list it was drawn from, as a bitmap. DONE, NOT_FOUND (nothing was drawn yet) or UNAVAILABLE. */
enum outcome draw_list(struct call *call, uint64_t concert_id, const uint8_t **list, size_t *length);

/* Make sure that the concert has a draw, and that its commitment is public. DONE, NOT_FOUND or UNAVAILABLE. */
enum outcome draw_prepare(struct call *call, uint64_t concert_id);

/* What the draw made of an entry number; *drawn is false when there was none yet. DONE, NOT_FOUND or UNAVAILABLE. */
enum outcome draw_number(struct call *call, uint64_t concert_id, uint64_t entry, uint64_t *number, bool *drawn);

/* A draw under way; big ones take seconds, in steps of a few milliseconds. */
struct draw_run;
struct draw_run *draw_run_new(const void *mem, uint64_t concert_id);

/*
 * Go a step further. *done: the line may move. Stopping at any point is harmless, and so are two
 * gates at once: a new run comes to the same order. DONE, NOT_FOUND (it is not yet the time) or
 * UNAVAILABLE (try again).
 */
enum outcome draw_run_step(struct call *call, struct draw_run *run, bool *done);

#endif
