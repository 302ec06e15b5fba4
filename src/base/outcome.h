/* Every way a call can end; the list is outcome.def. */
#ifndef FRONTROW_BASE_OUTCOME_H
#define FRONTROW_BASE_OUTCOME_H

enum outcome {
#define OUTCOME(name, code, english, korean) OUTCOME_##name,
#include "base/outcome.def"
#undef OUTCOME
};

enum {
#define OUTCOME(name, code, english, korean) +1
    OUTCOMES = 0
#include "base/outcome.def"
#undef OUTCOME
};

/* The word that clients switch over. It never changes. */
const char *outcome_code(enum outcome outcome);

/* A sentence for people, in "en" or "ko". */
const char *outcome_title(enum outcome outcome, const char *language);

#endif
