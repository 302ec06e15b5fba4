#include "domain/queue_ticket.h"

#include "base/secret.h"
#include "store/store.h"

#define PURPOSE "ticket"

enum { FIELD_BYTES = 8, AT_CONCERT = 0, AT_ACCOUNT = 8, AT_NUMBER = 16, AT_ISSUED = 24, TICKET_BYTES = 32 };

static void put(uint8_t *at, uint64_t number)
{
    for (int i = FIELD_BYTES - 1; i >= 0; i--, number >>= 8)
        at[i] = (uint8_t)number;
}

static uint64_t get(const uint8_t *at)
{
    uint64_t number = 0;

    for (int i = 0; i < FIELD_BYTES; i++)
        number = number << 8 | at[i];
    return number;
}

const char *queue_ticket_seal(struct call *call, uint64_t concert_id, uint64_t number)
{
    uint8_t ticket[TICKET_BYTES];

    put(ticket + AT_CONCERT, concert_id);
    put(ticket + AT_ACCOUNT, call->account_id);
    put(ticket + AT_NUMBER, number);
    put(ticket + AT_ISSUED, (uint64_t)call->now_ms);
    return secret_seal(call->mem, call->store->keys, PURPOSE, ticket, sizeof(ticket));
}

bool queue_ticket_open(struct call *call, uint64_t concert_id, const char *ticket, uint64_t *number)
{
    uint8_t opened[TICKET_BYTES];

    if (!secret_open(call->store->keys, PURPOSE, ticket, opened, sizeof(opened)) ||
        get(opened + AT_CONCERT) != concert_id || get(opened + AT_ACCOUNT) != call->account_id)
        return false;
    *number = get(opened + AT_NUMBER);
    return true;
}
