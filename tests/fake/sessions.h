/* A store of signed-out sessions that says what the test wants. */
#ifndef FRONTROW_TESTS_FAKE_SESSIONS_H
#define FRONTROW_TESTS_FAKE_SESSIONS_H

#include "store/sessions.h"

extern enum outcome fake_sessions_check_answer;
extern int fake_sessions_checks; /* how often it was asked */

#endif
