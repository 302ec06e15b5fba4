#include "domain/points.h"

#include <inttypes.h>
#include <talloc.h>

#include "base/log.h"
#include "base/must.h"
#include "domain/account.h"
#include "domain/idempotency.h"
#include "store/store.h"

struct charge {
    struct change change;
    struct point_entry entry;
};

static enum tx ask_credit(struct call *call, void *args)
{
    const struct charge *charge = args;

    points_ledger_ask_credit(call, &charge->entry);
    return TX_KEEP;
}

static enum tx credited(struct call *call, void *args)
{
    struct charge *charge = args;

    (void)call;
    if (points_ledger_credited(charge->change.asked, &charge->entry) == 0)
        return change_refuse(&charge->change, OUTCOME_NOT_SIGNED_IN);
    return TX_KEEP;
}

static enum tx keep_receipt(struct call *call, void *args)
{
    struct charge *charge = args;

    return change_keep(
        call, &charge->change,
        must(talloc_asprintf(call->mem, "{\"entry_id\":%" PRIu64 ",\"amount\":%" PRId64 ",\"balance\":%" PRId64 "}",
                             charge->entry.entry_id, charge->entry.delta, charge->entry.balance_after)));
}

enum outcome points_charge(struct call *call, int64_t amount, const char **answer)
{
    static change_step *const steps[] = {ask_credit, credited, keep_receipt, NULL};
    struct charge charge = {
        .change = {.steps = steps, .asks = 1, .args = &charge},
        .entry = {.account_id = call->account_id, .delta = amount, .reason = "charge", .reference = ""},
    };
    enum outcome outcome = change_make(call, &charge.change);

    *answer = charge.change.answer;
    if (outcome != OUTCOME_DONE || charge.change.repeated)
        return outcome;
    counters_add(call->store->counters, COUNTER_charges, 1);
    log_info("points_charged request=%s account=%" PRIu64 " amount=%" PRId64 " entry=%" PRIu64, call->request_id,
             call->account_id, amount, charge.entry.entry_id);
    return OUTCOME_DONE;
}

enum outcome points_balance(struct call *call, int64_t *balance)
{
    struct account account;
    enum outcome outcome = account_read(call, &account);

    if (outcome == OUTCOME_DONE)
        *balance = account.points;
    return outcome;
}

enum outcome points_entries(struct call *call, uint64_t before, size_t limit, struct point_entry **entries,
                            size_t *count)
{
    return points_ledger_list(call, before, limit, entries, count);
}
