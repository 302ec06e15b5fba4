#include <string.h>
#include <talloc.h>

#include "base/json.h"
#include "http/problem.h"
#include "tests/unit/unit.h"

static struct response *answer(void *mem, const struct request *request, enum outcome outcome)
{
    struct response *response = talloc_zero(mem, struct response);

    response->status = 200;
    response->body = text_new(response, 0);
    response->headers = text_new(response, 0);
    problem_write(request, outcome, response);
    return response;
}

static struct json_object *read(void *mem, const struct response *response)
{
    struct json_object *problem = json_read(mem, response->body->bytes, response->body->length);

    if (problem == NULL)
        fail_msg("not JSON: %s", response->body->bytes);
    return problem;
}

static const char *text_in(struct json_object *problem, const char *name)
{
    return json_object_get_string(json_object_object_get(problem, name));
}

static void every_refusal_is_a_whole_problem_in_both_languages(void **state)
{
    static const char *const languages[] = {"en", "ko"};

    for (int i = 1; i < OUTCOMES; i++)
        for (size_t l = 0; l < LENGTH(languages); l++) {
            enum outcome outcome = (enum outcome)i;
            struct request request = {.call = {.mem = *state, .request_id = "r-1"}, .language = languages[l]};
            struct response *response = answer(*state, &request, outcome);
            struct json_object *problem = read(*state, response);
            assert_string_equal(response->content_type, "application/problem+json");
            assert_int_equal(json_object_get_int(json_object_object_get(problem, "status")), response->status);
            assert_string_equal(text_in(problem, "code"), outcome_code(outcome));
            assert_string_equal(text_in(problem, "title"), outcome_title(outcome, languages[l]));
            assert_string_equal(text_in(problem, "request_id"), "r-1");
            assert_non_null(strstr(text_in(problem, "type"), outcome_code(outcome)));
            assert_true(strlen(text_in(problem, "detail")) > 0);
            assert_false(json_object_object_get_ex(problem, "field", NULL));
            assert_false(json_object_object_get_ex(problem, "seats", NULL));
        }
}

static void whoever_must_wait_is_told_how_long(void **state)
{
    struct request request = {.call = {.mem = *state, .request_id = "r"}, .language = "en"};

    for (int i = 1; i < OUTCOMES; i++) {
        struct response *response = answer(*state, &request, (enum outcome)i);
        bool waits = response->status == 429 || response->status == 503;
        assert_int_equal(strstr(response->headers->bytes, "Retry-After: ") != NULL, waits);
        assert_int_equal(json_object_object_get_ex(read(*state, response), "retry_after_ms", NULL), waits);
        assert_int_equal(strstr(response->headers->bytes, "WWW-Authenticate: ") != NULL, response->status == 401);
    }
    request.call.refusal.retry_after_ms = 1001;
    struct response *response = answer(*state, &request, OUTCOME_BUSY);
    assert_non_null(strstr(response->headers->bytes, "Retry-After: 2\r\n"));
    assert_int_equal(json_object_get_int(json_object_object_get(read(*state, response), "retry_after_ms")), 1001);
}

static void what_is_wrong_and_which_seats_is_said(void **state)
{
    struct request request = {.call = {.mem = *state, .request_id = "r"}, .language = "en"};

    call_refuse_field(&request.call, "amount", "It is out of range.");
    struct json_object *problem = read(*state, answer(*state, &request, OUTCOME_BAD_VALUE));
    assert_string_equal(text_in(problem, "field"), "amount");
    assert_string_equal(text_in(problem, "detail"), "It is out of range.");
    request.language = "ko";
    problem = read(*state, answer(*state, &request, OUTCOME_BAD_VALUE));
    assert_non_null(strstr(text_in(problem, "detail"), "amount"));
    assert_null(strstr(text_in(problem, "detail"), "range"));

    request.call.refusal = (struct refusal){.seats = {7, 8}, .seats_count = 2};
    problem = read(*state, answer(*state, &request, OUTCOME_SEAT_TAKEN));
    assert_string_equal(text_in(problem, "seats"), "[ 7, 8 ]");
}

static void lines_that_are_wrong_are_listed_in_the_language_asked_for(void **state)
{
    static const struct line_fault faults[] = {{2, "price", "Too \"dear\".", "비쌉니다."},
                                               {3, NULL, "Short.", "짧습니다."}};
    struct request request = {.call = {.mem = *state, .request_id = "r"}, .language = "ko"};

    call_refuse_field(&request.call, "plan", NULL);
    request.call.refusal.faults = faults;
    request.call.refusal.faults_count = LENGTH(faults);
    struct json_object *errors =
        json_object_object_get(read(*state, answer(*state, &request, OUTCOME_BAD_VALUE)), "errors");
    assert_string_equal(json_object_to_json_string_ext(errors, JSON_C_TO_STRING_PLAIN),
                        "[{\"line\":2,\"field\":\"price\",\"detail\":\"비쌉니다.\"},"
                        "{\"line\":3,\"field\":null,\"detail\":\"짧습니다.\"}]");
    request.language = "en";
    errors = json_object_object_get(read(*state, answer(*state, &request, OUTCOME_BAD_VALUE)), "errors");
    assert_string_equal(text_in(json_object_array_get_idx(errors, 0), "detail"), "Too \"dear\".");
}

static void what_a_client_sent_cannot_leave_its_string(void **state)
{
    struct request request = {.call = {.mem = *state, .request_id = "a\"}\r\nSet-Cookie: x"}, .language = "ko"};

    call_refuse_field(&request.call, "\"},{\"\xff", NULL);
    struct response *response = answer(*state, &request, OUTCOME_BAD_VALUE);
    struct json_object *problem = read(*state, response);
    assert_string_equal(text_in(problem, "field"), "\"},{\"\xef\xbf\xbd");
    assert_null(strstr(response->headers->bytes, "Set-Cookie"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_refusal_is_a_whole_problem_in_both_languages),
        cmocka_unit_test(whoever_must_wait_is_told_how_long),
        cmocka_unit_test(what_is_wrong_and_which_seats_is_said),
        cmocka_unit_test(lines_that_are_wrong_are_listed_in_the_language_asked_for),
        cmocka_unit_test(what_a_client_sent_cannot_leave_its_string),
    };

    return cmocka_run_group_tests(tests, unit_start, unit_stop);
}
