#include "domain/board.h"

const struct poll_row board_polls[] = {
    {0, 1500}, {20, 2000}, {100, 3000}, {500, 5000}, {2000, 10000}, {10000, 20000}, {50000, 30000},
};
const size_t board_polls_count = sizeof(board_polls) / sizeof(board_polls[0]);

enum outcome board_read(struct call *call, uint64_t concert_id, struct board *board)
{
    return boards_read(call, concert_id, board);
}

const char *board_state(const struct board *board)
{
    return sale_name(board->sale);
}
