/* A seat plan as a CSV file, as an operator sends it. The input is the file. */
#include <assert.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "base/text.h"
#include "domain/plan_csv.h"
#include "tests/fuzz/fuzz.h"

void fuzz_start(void)
{
}

/* What was read is a plan that may be made: every section of a grade that is there, with seats. */
static void check_plan(const struct plan *plan)
{
    assert(plan->grades_count > 0 && plan->sections_count > 0);
    for (size_t i = 0; i < plan->grades_count; i++)
        assert(plan->grades[i].grade[0] != '\0' && plan->grades[i].price >= 0);
    for (size_t i = 0; i < plan->sections_count; i++) {
        const struct section *section = &plan->sections[i];
        assert(section->section[0] != '\0' && section->grade < plan->grades_count);
        assert(section->rows > 0 && section->seats_per_row > 0);
    }
}

void fuzz_one(const uint8_t *bytes, size_t size)
{
    void *mem = must(talloc_new(NULL));
    struct call call = {.mem = mem, .store = fuzz_store(), .now_ms = 1800000000000};
    struct plan plan = {0};
    const char *text = must(talloc_strndup(mem, (const char *)bytes, size));
    size_t length = strlen(text);

    /* A body is UTF-8 without NUL before it gets here. */
    if (text_is_utf8(text, length)) {
        enum outcome outcome = plan_csv_read(&call, text, length, &plan);
        assert(outcome == OUTCOME_DONE || outcome == OUTCOME_BAD_VALUE);
        if (outcome == OUTCOME_DONE)
            check_plan(&plan);
    }
    talloc_free(mem);
}
