#include <string.h>
#include <talloc.h>

#include "domain/plan_csv.h"
#include "tests/unit/unit.h"

#define HEAD "section,grade,price,rows,seats_per_row\n"

static enum outcome read(struct call *call, const char *text, struct plan *plan)
{
    return plan_csv_read(call, text, strlen(text), plan);
}

static void is_fault(const struct call *call, size_t index, size_t line, const char *field, const char *part)
{
    assert_true(index < call->refusal.faults_count);
    const struct line_fault *fault = &call->refusal.faults[index];
    assert_int_equal(fault->line, line);
    if (field == NULL)
        assert_null(fault->field);
    else
        assert_string_equal(fault->field, field);
    if (strstr(fault->english, part) == NULL)
        fail_msg("%s, not: %s", fault->english, part);
    assert_true(strlen(fault->korean) > 0);
}

static void one_fault(const char *text, size_t line, const char *field, const char *part)
{
    void *mem = talloc_new(NULL);
    struct call call = {.mem = mem};
    struct plan plan = {0};

    assert_int_equal(read(&call, text, &plan), OUTCOME_BAD_VALUE);
    assert_string_equal(call.refusal.field, "plan");
    if (call.refusal.faults_count != 1)
        fail_msg("%zu faults in: %s", call.refusal.faults_count, text);
    is_fault(&call, 0, line, field, part);
    talloc_free(mem);
}

static void sections_and_grades_come_in_their_order(void **state)
{
    struct call call = {.mem = *state};
    struct plan plan = {0};

    assert_int_equal(read(&call, HEAD "Floor,VIP,200000,5,20\nBalcony,R,90000,10,30\nSide,VIP,200000,1,1\n", &plan),
                     OUTCOME_DONE);
    assert_int_equal(plan.grades_count, 2);
    assert_string_equal(plan.grades[0].grade, "VIP");
    assert_int_equal(plan.grades[0].price, 200000);
    assert_string_equal(plan.grades[1].grade, "R");
    assert_int_equal(plan.sections_count, 3);
    assert_string_equal(plan.sections[1].section, "Balcony");
    assert_int_equal(plan.sections[1].rows, 10);
    assert_int_equal(plan.sections[1].seats_per_row, 30);
    assert_int_equal(plan.sections[1].grade, 1);
    assert_int_equal(plan.sections[2].grade, 0);
}

static void what_spreadsheets_make_of_it_is_read(void **state)
{
    static const char *const texts[] = {
        "\xef\xbb\xbfSection;Grade;Price;Rows;Seats_per_row\r\n\"A;1\";R;70000;10;20\r\n\r\n",
        "seats_per_row\trows\tnote\tprice\tgrade\tsection\n20\t10\twindow\t70000\tR\tA;1\n",
        "section,grade,price,rows,seats_per_row\r A;1 , \"R\" ,70000 , 10,20\r",
        "\n\nsection,grade,price,rows,seats_per_row\n  \n\"A;1\",R,70000,10,\"20\"",
    };

    for (size_t i = 0; i < LENGTH(texts); i++) {
        struct call call = {.mem = *state};
        struct plan plan = {0};
        if (read(&call, texts[i], &plan) != OUTCOME_DONE)
            fail_msg("%s: line %zu: %s", texts[i], call.refusal.faults[0].line, call.refusal.faults[0].english);
        assert_int_equal(plan.sections_count, 1);
        assert_string_equal(plan.sections[0].section, "A;1");
        assert_string_equal(plan.grades[0].grade, "R");
        assert_int_equal(plan.grades[0].price, 70000);
        assert_int_equal(plan.sections[0].rows, 10);
        assert_int_equal(plan.sections[0].seats_per_row, 20);
    }
}

static void a_doubled_quote_is_one(void **state)
{
    struct call call = {.mem = *state};
    struct plan plan = {0};

    assert_int_equal(read(&call, HEAD "\"The \"\"Pit\"\", left\",R,1,1,1\n", &plan), OUTCOME_DONE);
    assert_string_equal(plan.sections[0].section, "The \"Pit\", left");
}

static void every_mistake_is_named_with_its_line(void **state)
{
    (void)state;
    one_fault("", 0, NULL, "no line with seats");
    one_fault(HEAD, 1, NULL, "no line with seats");
    one_fault("section,grade,rows,seats_per_row\nA,R,1,1\n", 1, "price", "must name");
    one_fault("section,grade,price,rows,seats_per_row,rows\n", 1, "rows", "twice");
    one_fault(HEAD "A,R,1,1\n", 2, NULL, "as many fields");
    one_fault(HEAD "A,R,1,1,1,1\n", 2, NULL, "as many fields");
    one_fault(HEAD "\"A,R,1,1,1\n", 2, NULL, "quote");
    one_fault(HEAD ",R,1,1,1\n", 2, "section", "1 to 32");
    one_fault(HEAD "A,123456789012345678901234567890123,1,1,1\n", 2, "grade", "1 to 32");
    one_fault(HEAD "A\x01,R,1,1,1\n", 2, "section", "control");
    one_fault(HEAD "A,R,1,1,1\n\nA,R,1,1,1\n", 4, "section", "earlier line");
    one_fault(HEAD "A,R,cheap,1,1\n", 2, "price", "whole number");
    one_fault(HEAD "A,R,100000001,1,1\n", 2, "price", "whole number");
    one_fault(HEAD "A,R,-1,1,1\n", 2, "price", "whole number");
    one_fault(HEAD "A,R,1,1,1\nB,R,2,1,1\n", 3, "price", "another price");
    one_fault(HEAD "A,R,1,0,1\n", 2, "rows", "1 to 500");
    one_fault(HEAD "A,R,1,1,501\n", 2, "seats_per_row", "1 to 500");
    one_fault(HEAD "A,R,1,1,1e2\n", 2, "seats_per_row", "1 to 500");
    one_fault(HEAD "A,R,1,500,100\nB,R,1,1,1\n", 3, NULL, "50000 seats");
    one_fault("\xff\xfe", 0, NULL, "UTF-8");
    one_fault("a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a\n", 1, NULL, "32 columns");
}

static void all_that_is_wrong_is_told_at_once(void **state)
{
    struct call call = {.mem = *state};
    struct plan plan = {0};

    assert_int_equal(read(&call, HEAD ",R,x,0,1\nB,R,5,1,1\nC,S,1,1\n", &plan), OUTCOME_BAD_VALUE);
    assert_int_equal(call.refusal.faults_count, 4);
    is_fault(&call, 0, 2, "section", "1 to 32");
    is_fault(&call, 1, 2, "price", "whole number");
    is_fault(&call, 2, 2, "rows", "1 to 500");
    is_fault(&call, 3, 4, NULL, "as many fields");
}

/* A file of a million wrong lines is not answered with a million sentences. */
static void faults_have_a_limit(void **state)
{
    struct call call = {.mem = *state};
    struct plan plan = {0};
    char *text = talloc_strdup(*state, HEAD);

    for (int i = 0; i < 2 * PLAN_FAULTS_MAX; i++)
        text = talloc_strdup_append_buffer(text, "x\n");
    assert_int_equal(read(&call, text, &plan), OUTCOME_BAD_VALUE);
    assert_int_equal(call.refusal.faults_count, PLAN_FAULTS_MAX);
}

static void sections_and_grades_have_a_limit(void **state)
{
    for (size_t grades = 0; grades < 2; grades++) {
        struct call call = {.mem = *state};
        struct plan plan = {0};
        size_t most = grades ? CONCERT_GRADES_MAX : CONCERT_SECTIONS_MAX;
        char *text = talloc_strdup(*state, HEAD);

        for (size_t i = 0; i < most; i++)
            text = talloc_asprintf_append_buffer(text, "S%zu,G%zu,1,1,1\n", i, grades ? i : 0);
        assert_int_equal(read(&call, text, &plan), OUTCOME_DONE);
        assert_int_equal(plan.sections_count, most);
        one_fault(talloc_asprintf(*state, "%sX,%s,1,1,1\n", text, grades ? "Y" : "G0"), most + 2,
                  grades ? "grade" : NULL, grades ? "50 grades" : "500 sections");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_and_grades_come_in_their_order),
        cmocka_unit_test(what_spreadsheets_make_of_it_is_read),
        cmocka_unit_test(a_doubled_quote_is_one),
        cmocka_unit_test(every_mistake_is_named_with_its_line),
        cmocka_unit_test(all_that_is_wrong_is_told_at_once),
        cmocka_unit_test(faults_have_a_limit),
        cmocka_unit_test(sections_and_grades_have_a_limit),
    };

    return cmocka_run_group_tests(tests, unit_start, unit_stop);
}
