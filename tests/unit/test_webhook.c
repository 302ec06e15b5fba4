/* Posting to another system over TLS: whom we trust, and how long we wait. The other side is webhook_server.py. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"
#include "events/webhook.h"
#include "tests/unit/unit.h"

#define SECRET "1:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"

/* The limit where it is not what is tried: to read who is vouched for takes a slow or busy machine a while. */
enum { TIMEOUT_MS = 700, SLACK_MS = 2000, PATIENCE_MS = 30 * 1000 };

static const char *certificate; /* with its key */
static FILE *server;
static int port;

static void make_certificate(void)
{
    char command[512];

    certificate = unit_file("");
    snprintf(command, sizeof(command),
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=receiver "
             "-addext subjectAltName=DNS:localhost -keyout - -out - >%s 2>/dev/null",
             certificate);
    assert_int_equal(system(command), 0);
}

/* It ends when we do: its standard input is ours no longer, and popen's shell becomes it. */
static int start_server(void **state)
{
    char command[512];

    unit_start(state);
    webhook_process_start();
    make_certificate();
    snprintf(command, sizeof(command), "exec setpriv --pdeathsig KILL python3 %s/tests/unit/webhook_server.py %s",
             getenv("FRONTROW_SRC") != NULL ? getenv("FRONTROW_SRC") : ".", certificate);
    server = must(popen(command, "r"));
    assert_int_equal(fscanf(server, "%d", &port), 1);
    return 0;
}

struct tried {
    struct webhook_answer answer;
    int64_t took_ms;
};

static struct tried post_within(int timeout_ms, void *mem, const char *host, const char *path, const char *ca_file)
{
    struct config *config = must(talloc_zero(mem, struct config));
    struct call call = {.mem = mem};
    struct event event = {.id = "0197", .type = "payment.completed", .payload = "{}"};
    const struct event *events[] = {&event};
    struct tried tried = {0};

    config->events_webhook_url = must(talloc_asprintf(config, "https://%s:%d%s", host, port, path));
    config->events_webhook_ca_file = must(talloc_strdup(config, ca_file));
    config->events_webhook_timeout_ms = timeout_ms;
    struct webhook *webhook = webhook_new(mem, config, secret_keys_read(mem, unit_file(SECRET)));
    int64_t began_ms = clock_now_ms();
    webhook_post(webhook, &call, events, 1, &tried.answer);
    tried.took_ms = clock_now_ms() - began_ms;
    talloc_free(webhook);
    return tried;
}

static struct tried post_to(void *mem, const char *host, const char *path, const char *ca_file)
{
    return post_within(PATIENCE_MS, mem, host, path, ca_file);
}

static void who_is_vouched_for_takes_it(void **state)
{
    struct tried tried = post_to(*state, "localhost", "/take", certificate);

    assert_string_equal(tried.answer.why_not, "");
    assert_true(tried.answer.taken);
}

static void nobody_vouches_for_a_certificate_of_its_own_making(void **state)
{
    struct tried tried = post_to(*state, "localhost", "/take", "");

    assert_false(tried.answer.taken);
    assert_non_null(strcasestr(tried.answer.why_not, "certificate"));
}

static void a_certificate_for_another_name_is_refused(void **state)
{
    struct tried tried = post_to(*state, "127.0.0.1", "/take", certificate);

    assert_false(tried.answer.taken);
    assert_non_null(strcasestr(tried.answer.why_not, "127.0.0.1"));
}

static void a_refusal_says_its_status(void **state)
{
    struct tried tried = post_to(*state, "localhost", "/refuse", certificate);

    assert_false(tried.answer.taken);
    assert_string_equal(tried.answer.why_not, "status 503");
}

/* Who moved tells the operator; a signed message follows nobody. */
static void a_move_is_not_followed(void **state)
{
    struct tried tried = post_to(*state, "localhost", "/move", certificate);

    assert_false(tried.answer.taken);
    assert_string_equal(tried.answer.why_not, "status 307");
}

static void no_answer_is_waited_for_longer_than_it_may_take(void **state)
{
    struct tried tried = post_within(TIMEOUT_MS, *state, "localhost", "/hang", certificate);

    assert_false(tried.answer.taken);
    assert_in_range(tried.took_ms, TIMEOUT_MS - 50, TIMEOUT_MS + SLACK_MS);
}

static void an_answer_without_end_ends_nevertheless(void **state)
{
    struct tried tried = post_within(TIMEOUT_MS, *state, "localhost", "/drip", certificate);

    assert_false(tried.answer.taken);
    assert_in_range(tried.took_ms, TIMEOUT_MS - 50, TIMEOUT_MS + SLACK_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_vouched_for_takes_it),
        cmocka_unit_test(nobody_vouches_for_a_certificate_of_its_own_making),
        cmocka_unit_test(a_certificate_for_another_name_is_refused),
        cmocka_unit_test(a_refusal_says_its_status),
        cmocka_unit_test(a_move_is_not_followed),
        cmocka_unit_test(no_answer_is_waited_for_longer_than_it_may_take),
        cmocka_unit_test(an_answer_without_end_ends_nevertheless),
    };

    return cmocka_run_group_tests(tests, start_server, unit_stop);
}
