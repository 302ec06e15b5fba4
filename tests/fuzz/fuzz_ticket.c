/*
 * What was sealed: tickets of the queue, tickets that a door reads, tokens. The input is the sealed text; only what we
 * sealed opens, and only what it was sealed for.
 */
#include <assert.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "domain/queue_ticket.h"
#include "domain/session.h"
#include "domain/ticket.h"
#include "tests/fuzz/fuzz.h"

void fuzz_start(void)
{
    fuzz_ticket();
    fuzz_entrance();
    fuzz_token(ROLE_FAN);
}

static void check_ticket(struct call call, uint64_t concert_id, uint64_t account_id, const char *text)
{
    struct queue_ticket ticket;

    call.account_id = account_id;
    if (!queue_ticket_open(&call, concert_id, text, &ticket))
        return;
    assert(concert_id == 1 && account_id == 7 && strcmp(text, fuzz_ticket()) == 0);
    assert(ticket.number == 42 && !ticket.is_entry);
}

static void check_entrance(struct call *call, uint64_t concert_id, const char *text)
{
    struct ticket_check check;
    enum outcome outcome = ticket_use(call, text, concert_id, &check);

    assert(outcome == OUTCOME_DONE);
    if (check.verdict == TICKET_UNKNOWN)
        return;
    assert(strcmp(text, fuzz_entrance()) == 0 && check.reservation.reservation_id == 1);
    assert(check.verdict == (concert_id == 2 ? TICKET_ELSEWHERE : TICKET_VALID));
}

void fuzz_one(const uint8_t *bytes, size_t size)
{
    void *mem = must(talloc_new(NULL));
    struct call call = {.mem = mem, .store = fuzz_store(), .now_ms = 1800000000000};
    const char *text = fuzz_text(mem, bytes, size);

    check_ticket(call, 1, 7, text);
    check_ticket(call, 2, 7, text);
    check_ticket(call, 1, 8, text);
    check_entrance(&call, 0, text);
    check_entrance(&call, 2, text);
    if (session_from_token(&call, text))
        assert((call.role == ROLE_FAN || call.role == ROLE_OPERATOR) && strcmp(text, fuzz_token(call.role)) == 0);
    talloc_free(mem);
}
