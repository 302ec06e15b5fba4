#include "base/outcome.h"

#include <string.h>

static const struct {
    const char *code;
    const char *english;
    const char *korean;
} outcomes[] = {
#define OUTCOME(name, code, english, korean) {code, english, korean},
#include "base/outcome.def"
#undef OUTCOME
};

const char *outcome_code(enum outcome outcome)
{
    return outcomes[outcome].code;
}

const char *outcome_title(enum outcome outcome, const char *language)
{
    return strcmp(language, "ko") == 0 ? outcomes[outcome].korean : outcomes[outcome].english;
}
