#include "domain/dead_letter.h"

#include <inttypes.h>

#include "base/log.h"
#include "store/event_retries.h"
#include "store/inbox.h"
#include "store/transaction.h"

struct replay {
    uint64_t dead_letter_id;
    struct dead_letter *letter;
    bool changed;
};

enum outcome dead_letter_list(struct call *call, uint64_t before, size_t limit, struct dead_letter **letters,
                              size_t *count)
{
    return dead_letters_list(call, before, limit, letters, count);
}

enum outcome dead_letter_read(struct call *call, uint64_t dead_letter_id, struct dead_letter *letter)
{
    return dead_letters_find(call, dead_letter_id, letter);
}

/* The inbox row says that the group is done with the event; from here on it is not. */
static enum tx replay(struct call *call, void *args)
{
    struct replay *replay = args;
    struct dead_letter *letter = replay->letter;

    int found = dead_letters_read(call, replay->dead_letter_id, letter);
    if (found < 0)
        return tx_failure(found);
    replay->changed = found == 1 && letter->replayed_ms == 0;
    if (!replay->changed)
        return found == 0 ? TX_UNDO : TX_KEEP;
    int64_t changed = inbox_delete(call, letter->group, letter->event.id);
    if (changed >= 0)
        changed = event_retries_insert(call, letter->group, &letter->event, "replayed", 0, call->now_ms);
    if (changed >= 0)
        changed = dead_letters_mark_replayed(call, replay->dead_letter_id);
    letter->replayed_ms = call->now_ms;
    return changed < 0 ? tx_failure(changed) : TX_KEEP;
}

enum outcome dead_letter_replay(struct call *call, uint64_t dead_letter_id, struct dead_letter *letter)
{
    struct replay args = {.dead_letter_id = dead_letter_id, .letter = letter};

    switch (transact(call, replay, &args)) {
    case TRANSACTION_KEPT: break;
    case TRANSACTION_UNDONE: return OUTCOME_NOT_FOUND;
    case TRANSACTION_CLASHED:
    case TRANSACTION_BROKEN:
    case TRANSACTION_UNKNOWN: return OUTCOME_UNAVAILABLE;
    }
    if (args.changed)
        log_info("dead_letter_replayed letter=%" PRIu64 " group=%s event=%s by=%" PRIu64, dead_letter_id, letter->group,
                 letter->event.id, call->account_id);
    return OUTCOME_DONE;
}
