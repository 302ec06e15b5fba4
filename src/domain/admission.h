/*
 * The gate: admits fans from every concert's queue, round by round. It asks Redis alone, unless a
 * concert must be drawn or brought back from MySQL. Any number of gates may run; each step is one
 * atomic script.
 */
#ifndef FRONTROW_DOMAIN_ADMISSION_H
#define FRONTROW_DOMAIN_ADMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/upkeep.h"

struct gate;
struct store;

/* A gate over this store, for the concerts that upkeep knows of. Lives as long as mem. */
struct gate *gate_new(const void *mem, struct store *store, struct upkeep *upkeep);

/*
 * One round over all running concerts: expire, admit, draw, tidy. What fails was logged where it failed
 * and is tried again in the next round. A process that dies in the middle leaves nothing half done.
 * True while there is a draw to go on with, for which the next round is better not waited for.
 */
bool gate_round(struct gate *gate, int64_t now_ms);

#endif
