#include "tests/fake/sessions.h"

enum outcome fake_sessions_check_answer;
int fake_sessions_checks;

enum outcome sessions_check(struct call *call)
{
    (void)call;
    fake_sessions_checks++;
    return fake_sessions_check_answer;
}

enum outcome sessions_revoke(struct call *call)
{
    (void)call;
    return OUTCOME_DONE;
}

enum outcome sessions_load_revoked(struct call *call, const char *key)
{
    (void)call;
    (void)key;
    return OUTCOME_DONE;
}
