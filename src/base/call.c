#include "base/call.h"

enum outcome call_refuse_field(struct call *call, const char *field, const char *detail)
{
    call->refusal.field = field;
    call->refusal.detail = detail;
    return OUTCOME_BAD_VALUE;
}

enum outcome call_refuse_until(struct call *call, enum outcome outcome, int64_t retry_after_ms)
{
    call->refusal.retry_after_ms = retry_after_ms;
    return outcome;
}
