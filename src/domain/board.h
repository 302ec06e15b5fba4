/*
 * The board: one document per concert for everybody, cheap enough to be asked by a crowd. Its
 * table tells each client when to ask again.
 */
#ifndef FRONTROW_DOMAIN_BOARD_H
#define FRONTROW_DOMAIN_BOARD_H

#include <stddef.h>

#include "base/call.h"
#include "store/boards.h"

/* With so many people ahead, ask the board again after so long; the last row not above counts. */
struct poll_row {
    uint64_t ahead;
    int64_t ms;
};
extern const struct poll_row board_polls[];
extern const size_t board_polls_count;

/* The word for its state. */
const char *board_state(const struct board *board);

/* DONE, NOT_FOUND or UNAVAILABLE. */
enum outcome board_read(struct call *call, uint64_t concert_id, struct board *board);

#endif
