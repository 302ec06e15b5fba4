#include "domain/queue_ticket.h"

#include "base/secret.h"
#include "store/store.h"

#define PURPOSE "ticket"

enum {
    FIELD_BYTES = 8,
    AT_CONCERT = 0,
    AT_ACCOUNT = 8,
    AT_NUMBER = 16,
    AT_ISSUED = 24,
    AT_KIND = 32,
    TICKET_BYTES = 33
};

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

const char *queue_ticket_seal(struct call *call, uint64_t concert_id, struct queue_ticket ticket)
{
    uint8_t bytes[TICKET_BYTES];

    put(bytes + AT_CONCERT, concert_id);
    put(bytes + AT_ACCOUNT, call->account_id);
    put(bytes + AT_NUMBER, ticket.number);
    put(bytes + AT_ISSUED, (uint64_t)call->now_ms);
    bytes[AT_KIND] = ticket.is_entry;
    return secret_seal(call->mem, call->store->keys, PURPOSE, bytes, sizeof(bytes));
}

bool queue_ticket_open(struct call *call, uint64_t concert_id, const char *sealed, struct queue_ticket *ticket)
{
    uint8_t bytes[TICKET_BYTES];

    if (!secret_open(call->store->keys, PURPOSE, sealed, bytes, sizeof(bytes)) ||
        get(bytes + AT_CONCERT) != concert_id || get(bytes + AT_ACCOUNT) != call->account_id)
        return false;
    *ticket = (struct queue_ticket){.number = get(bytes + AT_NUMBER), .is_entry = bytes[AT_KIND] != 0};
    return true;
}
