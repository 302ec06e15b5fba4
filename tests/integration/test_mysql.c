/* What store/mysql.h promises, on whichever server and client library it meets. */
#include <inttypes.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"
#include "store/mysql.h"
#include "store/transaction.h"
#include "tests/integration/fixture.h"

static struct fixture *fixture;

static int begin(void **state)
{
    fixture = *state;
    return fixture_clean(state);
}

static struct sql_rows select_account(struct store *store, uint64_t account_id)
{
    struct sql_rows rows = {0};

    assert_int_equal(sql_select(store->mysql, fixture->mem, SQL_ACCOUNTS_READ, SQL_ARGS(sql_u64(account_id)), &rows),
                     0);
    return rows;
}

static int64_t insert_account(const char *email, const char *name, int64_t points)
{
    return sql_change(fixture->store->mysql, SQL_ACCOUNTS_INSERT,
                      SQL_ARGS(sql_text(email), sql_text(name), sql_text("-"), sql_text("fan"), sql_i64(points),
                               sql_time(clock_now_ms())));
}

/* A link that another one can kill. */
static uint64_t connection_of(struct store *store)
{
    struct sql_rows rows = {0};

    assert_int_equal(sql_run(store->mysql, fixture->mem, "SELECT CONNECTION_ID()", &rows), 0);
    return strtoull(sql_string(&rows, 0, 0), NULL, 10);
}

static void kill_link(struct store *store)
{
    uint64_t id = connection_of(store);
    char *sql = must(talloc_asprintf(fixture->mem, "KILL %" PRIu64, id));

    assert_int_equal(sql_run(fixture->store->mysql, fixture->mem, sql, NULL), 0);
    sql = must(
        talloc_asprintf(fixture->mem, "SELECT COUNT(*) FROM information_schema.processlist WHERE id = %" PRIu64, id));
    for (int i = 0; i < 3000 && fixture_number(fixture, sql) > 0; i++)
        usleep(10000);
}

static void texts_come_back_as_they_went(void **state)
{
    (void)state;
    static const char name[] = "'; DROP TABLE account; -- \\ \" % _ ? 무대 🎫";

    assert_int_equal(insert_account("odd@test", name, 7), 1);
    uint64_t account_id = sql_inserted_id(fixture->store->mysql);
    struct sql_rows rows = select_account(fixture->store, account_id);
    assert_int_equal(rows.count, 1);
    assert_int_equal(sql_number(&rows, 0, 0), account_id);
    assert_string_equal(sql_string(&rows, 0, 2), name);
    assert_int_equal(sql_number(&rows, 0, 5), 7);
    /* Points need an entry in the ledger. */
    assert_int_equal(sql_change(fixture->store->mysql, SQL_ACCOUNTS_CREDIT, SQL_ARGS(sql_i64(-7), sql_u64(account_id))),
                     1);
}

static void bytes_and_times_come_back_as_they_went(void **state)
{
    (void)state;
    static const uint8_t session[16] = {0, '\'', '\\', 0xff, 0, '%', 1};
    const int64_t ends_ms = INT64_C(4102444799987); /* 2099-12-31 23:59:59.987 */
    struct sql_rows rows = {0};

    assert_int_equal(sql_change(fixture->store->mysql, SQL_SESSIONS_INSERT_REVOKED,
                                SQL_ARGS(sql_bytes(session, sizeof(session)), sql_u64(UINT64_MAX), sql_time(ends_ms))),
                     1);
    assert_int_equal(
        sql_select(fixture->store->mysql, fixture->mem, SQL_SESSIONS_REVOKED, SQL_ARGS(sql_time(ends_ms - 1)), &rows),
        0);
    assert_int_equal(rows.count, 1);
    assert_int_equal(rows.values[0].length, sizeof(session));
    assert_memory_equal(sql_string(&rows, 0, 0), session, sizeof(session));
    assert_int_equal(sql_time_ms(&rows, 0, 1), ends_ms);
    assert_int_equal(
        sql_select(fixture->store->mysql, fixture->mem, SQL_SESSIONS_REVOKED, SQL_ARGS(sql_time(ends_ms)), &rows), 0);
    assert_int_equal(rows.count, 0);
}

static void long_and_missing_values_come_back(void **state)
{
    (void)state;
    static const uint8_t fingerprint[FINGERPRINT_BYTES] = {1, 2, 3};
    struct sql_rows rows = {0};
    char *answer = must(talloc_size(fixture->mem, 200001));

    memset(answer, 'a', 200000);
    answer[200000] = '\0';
    for (int i = 0; i < 2; i++) {
        const char *key = i == 0 ? "long" : "none";
        assert_int_equal(sql_change(fixture->store->mysql, SQL_IDEMPOTENCY_INSERT,
                                    SQL_ARGS(sql_u64(1), sql_bytes(key, 4), sql_bytes(fingerprint, sizeof(fingerprint)),
                                             i == 0 ? sql_text(answer) : sql_null(), sql_time(clock_now_ms()))),
                         1);
        assert_int_equal(sql_select(fixture->store->mysql, fixture->mem, SQL_IDEMPOTENCY_FIND,
                                    SQL_ARGS(sql_u64(1), sql_bytes(key, 4)), &rows),
                         0);
        assert_int_equal(sql_is_null(&rows, 0, 1), i == 1);
        if (i == 0)
            assert_string_equal(sql_string(&rows, 0, 1), answer);
    }
    /* Every key must have its answer. */
    assert_int_equal(sql_run(fixture->store->mysql, fixture->mem, "DELETE FROM idempotency", NULL), 0);
}

/* MySQL's own library once wrote where the first run's variables had been. */
static uint64_t stays_as_it_is(uint64_t account_id)
{
    volatile unsigned char marks[32768];
    uint64_t harmed = 0;

    for (size_t i = 0; i < sizeof(marks); i++)
        marks[i] = 0xa5;
    select_account(fixture->store, account_id);
    for (size_t i = 0; i < sizeof(marks); i++)
        harmed += marks[i] != 0xa5;
    return harmed;
}

static void running_a_statement_again_writes_only_where_it_may(void **state)
{
    (void)state;
    uint64_t account_id = fixture_account(fixture, 5);

    select_account(fixture->store, account_id);
    for (int i = 0; i < 3; i++)
        assert_int_equal(stays_as_it_is(account_id), 0);
}

static void a_balance_comes_back_with_the_change(void **state)
{
    (void)state;
    uint64_t account_id = fixture_account(fixture, 100);
    struct mysql_link *mysql = fixture->store->mysql;

    assert_int_equal(sql_change(mysql, SQL_ACCOUNTS_DEBIT, SQL_ARGS(sql_i64(30), sql_u64(account_id), sql_i64(30))), 1);
    assert_int_equal(sql_inserted_id(mysql), 70);
    assert_int_equal(sql_change(mysql, SQL_ACCOUNTS_DEBIT, SQL_ARGS(sql_i64(71), sql_u64(account_id), sql_i64(71))), 0);
    assert_int_equal(sql_change(mysql, SQL_ACCOUNTS_CREDIT, SQL_ARGS(sql_i64(30), sql_u64(account_id))), 1);
    assert_int_equal(sql_inserted_id(mysql), 100);
    /* A row that was found counts, even if it stays the same. */
    assert_int_equal(sql_change(mysql, SQL_ACCOUNTS_CREDIT, SQL_ARGS(sql_i64(0), sql_u64(account_id))), 1);
    assert_int_equal(sql_inserted_id(mysql), 100);
}

static void a_taken_key_is_a_duplicate_and_a_broken_rule_an_error(void **state)
{
    (void)state;

    assert_int_equal(insert_account("once@test", "Once", 0), 1);
    assert_int_equal(insert_account("once@test", "Twice", 0), SQL_DUPLICATE);
    assert_int_equal(insert_account("below@test", "Below", -1), SQL_BROKEN);
    assert_int_equal(insert_account("after@test", "After", 0), 1);
    assert_int_equal(fixture_number(fixture, "SELECT COUNT(*) FROM account"), 2);
}

/* The server's own defaults may be others; a link says what it needs. */
static void a_link_sets_what_it_relies_on(void **state)
{
    (void)state;
    struct sql_rows rows = {0};
    struct mysql_link *mysql = fixture->store->mysql;

    assert_int_equal(sql_run(mysql, fixture->mem, "SHOW VARIABLES LIKE 't%\\_isolation'", &rows), 0);
    assert_true(rows.count > 0);
    assert_string_equal(sql_string(&rows, 0, 1), "READ-COMMITTED");
    assert_int_equal(fixture_number(fixture, "SELECT @@time_zone = '+00:00'"), 1);
    assert_int_equal(fixture_number(fixture, "SELECT @@sql_mode LIKE '%STRICT_ALL_TABLES%'"), 1);
    assert_int_equal(fixture_number(fixture, "SELECT @@innodb_lock_wait_timeout"), 2);
    /* So long at most do the locks of a machine that lost its power stay. */
    assert_int_equal(fixture_number(fixture, "SELECT @@wait_timeout"), 30);
    assert_int_equal(fixture_number(fixture, "SELECT @@character_set_client = 'utf8mb4'"), 1);
}

static void a_row_that_stays_locked_is_a_reason_to_try_again(void **state)
{
    (void)state;
    uint64_t account_id = fixture_account(fixture, 100);
    struct store *other = fixture_store(fixture);
    const struct sql_arg args[] = {sql_i64(1), sql_u64(account_id)};

    assert_int_equal(mysql_link_begin(other->mysql), 0);
    assert_int_equal(sql_change(other->mysql, SQL_ACCOUNTS_CREDIT, args, 2), 1);
    int64_t began_ns = clock_steady_ns();
    assert_int_equal(sql_change(fixture->store->mysql, SQL_ACCOUNTS_CREDIT, args, 2), SQL_AGAIN);
    assert_true(clock_steady_ns() - began_ns < INT64_C(20000000000));
    mysql_link_rollback(other->mysql);
    struct sql_rows rows = select_account(fixture->store, account_id);
    assert_int_equal(sql_number(&rows, 0, 5), 100);
    talloc_free(other);
}

static void a_link_that_was_killed_is_made_anew(void **state)
{
    (void)state;
    uint64_t account_id = fixture_account(fixture, 100);
    struct store *other = fixture_store(fixture);
    const struct sql_arg args[] = {sql_i64(0), sql_u64(account_id)};

    kill_link(other);
    assert_int_equal(select_account(other, account_id).count, 1);
    kill_link(other);
    assert_int_equal(sql_change(other->mysql, SQL_ACCOUNTS_CREDIT, args, 2), SQL_LOST);
    assert_int_equal(sql_change(other->mysql, SQL_ACCOUNTS_CREDIT, args, 2), 1);
    kill_link(other);
    assert_int_equal(mysql_link_begin(other->mysql), 0);
    assert_int_equal(sql_change(other->mysql, SQL_ACCOUNTS_CREDIT, args, 2), 1);
    assert_int_equal(mysql_link_commit(other->mysql), 0);
    kill_link(other);
    assert_int_equal(mysql_link_begin(other->mysql), 0);
    assert_int_equal(sql_queue(other->mysql, SQL_ACCOUNTS_CREDIT, args, 2), 1);
    assert_int_equal(sql_flush(other->mysql, NULL, 0), 0);
    assert_int_equal(mysql_link_commit(other->mysql), 0);
    kill_link(other);
    assert_true(mysql_link_ping(other->mysql));
    talloc_free(other);
}

static void a_link_that_the_server_found_idle_is_made_anew(void **state)
{
    (void)state;
    uint64_t account_id = fixture_account(fixture, 100);
    struct store *other = fixture_store(fixture);

    assert_int_equal(sql_run(other->mysql, fixture->mem, "SET SESSION wait_timeout = 1", NULL), 0);
    usleep(2500000);
    assert_int_equal(select_account(other, account_id).count, 1);
    assert_int_equal(sql_run(other->mysql, fixture->mem, "SET SESSION wait_timeout = 1", NULL), 0);
    usleep(2500000);
    assert_int_equal(mysql_link_begin(other->mysql), 0);
    mysql_link_rollback(other->mysql);
    talloc_free(other);
}

/* One that is taken for idle after a second. */
static struct store *impatient_store(void)
{
    struct config *config = must(talloc_memdup(fixture->mem, fixture->config, sizeof(*config)));

    config->mysql_idle_ms = 1000;
    return store_new(fixture->mem, must(store_shared_new(fixture->mem, config)));
}

/* A change outside a transaction is not sent twice, so it must not be the one that finds the session gone. */
static void a_link_that_rested_is_made_anew_before_the_server_ends_it(void **state)
{
    (void)state;
    enum { PATIENCE_MS = 2000, SLACK_MS = 1500 };
    uint64_t account_id = fixture_account(fixture, 100);
    const struct sql_arg args[] = {sql_i64(1), sql_u64(account_id)};
    struct store *resting = impatient_store();
    uint64_t reconnects = fixture->store->counters->total[COUNTER_mysql_reconnects];

    assert_int_equal(sql_run(resting->mysql, fixture->mem, "SELECT GET_LOCK('resting', 0)", NULL), 0);
    assert_int_equal(fixture_number(fixture, "SELECT IS_FREE_LOCK('resting')"), 0);
    usleep((PATIENCE_MS + SLACK_MS) * 1000);
    /* The server has ended the session with its locks, and nobody heard of it yet. */
    assert_int_equal(fixture_number(fixture, "SELECT IS_FREE_LOCK('resting')"), 1);
    assert_int_equal(sql_change(resting->mysql, SQL_ACCOUNTS_CREDIT, args, 2), 1);
    assert_int_equal(fixture->store->counters->total[COUNTER_mysql_reconnects], reconnects);
    struct sql_rows rows = select_account(fixture->store, account_id);
    assert_int_equal(sql_number(&rows, 0, 5), 101);
    /* The ledger knows nothing of it. */
    assert_int_equal(sql_change(resting->mysql, SQL_ACCOUNTS_CREDIT, SQL_ARGS(sql_i64(-1), sql_u64(account_id))), 1);
    talloc_free(resting);
}

static uint64_t session_of(struct store *store)
{
    struct sql_rows rows = {0};

    assert_int_equal(sql_run(store->mysql, fixture->mem, "SELECT CONNECTION_ID()", &rows), 0);
    return (uint64_t)atoll(sql_string(&rows, 0, 0));
}

static void a_transaction_may_rest_on_its_link(void **state)
{
    (void)state;
    struct store *other = impatient_store();
    uint64_t session = session_of(other);

    assert_int_equal(session_of(other), session);
    assert_int_equal(mysql_link_begin(other->mysql), 0);
    assert_int_equal(session_of(other), session);
    usleep(1200000);
    assert_int_equal(session_of(other), session);
    mysql_link_rollback(other->mysql);
    assert_int_equal(session_of(other), session);
    usleep(1200000);
    assert_int_not_equal(session_of(other), session);
    talloc_free(other);
}

static void no_wait_is_longer_than_its_limit(void **state)
{
    (void)state;
    long usual_ms = fixture->config->mysql_timeout_ms;
    struct store *other = fixture_store(fixture);

    fixture->config->mysql_timeout_ms = 1000;
    int64_t began_ns = clock_steady_ns();
    assert_int_equal(sql_run(other->mysql, fixture->mem, "SELECT SLEEP(20)", NULL), SQL_LOST);
    assert_true(clock_steady_ns() - began_ns < INT64_C(15000000000));
    fixture->config->mysql_timeout_ms = usual_ms;
    talloc_free(other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, fixture_check)

/* What is behind a failure in one text must not happen: the server stops there, and nothing of it is kept. */
static void what_is_queued_behind_a_failure_does_not_happen(void **state)
{
    (void)state;
    struct mysql_link *mysql = fixture->store->mysql;
    uint64_t account_id = fixture_account(fixture, 100);
    const struct sql_arg taken[] = {sql_text("t@test"), sql_text("T"), sql_text("-"),
                                    sql_text("fan"),    sql_i64(0),    sql_time(clock_now_ms())};

    assert_int_equal(insert_account("t@test", "T", 0), 1);
    assert_int_equal(mysql_link_begin(mysql), 0);
    sql_queue(mysql, SQL_ACCOUNTS_CREDIT, SQL_ARGS(sql_i64(5), sql_u64(account_id)));
    sql_queue(mysql, SQL_ACCOUNTS_INSERT, taken, 6);
    sql_queue(mysql, SQL_ACCOUNTS_CREDIT, SQL_ARGS(sql_i64(7), sql_u64(account_id)));
    assert_int_equal(mysql_link_commit(mysql), SQL_DUPLICATE);
    assert_int_equal(sql_failed(mysql), SQL_ACCOUNTS_INSERT);
    mysql_link_rollback(mysql);
    struct sql_rows rows = select_account(fixture->store, account_id);
    assert_int_equal(sql_number(&rows, 0, 5), 100);
}

static void what_is_queued_is_there_for_the_next_statement(void **state)
{
    (void)state;
    struct mysql_link *mysql = fixture->store->mysql;
    uint64_t account_id = fixture_account(fixture, 100);
    struct sql_done done[2];

    assert_int_equal(mysql_link_begin(mysql), 0);
    sql_queue(mysql, SQL_ACCOUNTS_CREDIT, SQL_ARGS(sql_i64(-30), sql_u64(account_id)));
    sql_queue(mysql, SQL_ACCOUNTS_DEBIT, SQL_ARGS(sql_i64(71), sql_u64(account_id), sql_i64(71)));
    assert_int_equal(sql_flush(mysql, done, 2), 0);
    assert_int_equal(done[0].changed, 1);
    assert_int_equal(done[0].inserted_id, 70);
    assert_int_equal(done[1].changed, 0);
    sql_queue(mysql, SQL_ACCOUNTS_CREDIT, SQL_ARGS(sql_i64(30), sql_u64(account_id)));
    struct sql_rows rows = select_account(fixture->store, account_id);
    assert_int_equal(sql_number(&rows, 0, 5), 100);
    assert_int_equal(mysql_link_commit(mysql), 0);
}

/* A link of its own connects to a server that leaves numbers out, as those of a cluster do. */
static void rows_that_became_one_statement_have_their_numbers(void **state)
{
    uint64_t account_id = fixture_account(fixture, 100);

    (void)state;
    for (int step = 1; step <= 3; step += 2) {
        sql_run(fixture->store->mysql, fixture->mem,
                must(talloc_asprintf(fixture->mem, "SET GLOBAL auto_increment_increment = %d", step)), NULL);
        struct store *store = fixture_store(fixture);
        struct sql_done done[4];
        assert_int_equal(mysql_link_begin(store->mysql), 0);
        sql_queue(store->mysql, SQL_ACCOUNTS_CREDIT, SQL_ARGS(sql_i64(1), sql_u64(account_id)));
        for (int i = 0; i < 3; i++)
            sql_queue_row(store->mysql, SQL_PAYMENTS_INSERT,
                          SQL_ARGS(sql_u64(account_id), sql_u64(1), sql_i64(10 + i), sql_time(1000)));
        assert_int_equal(sql_queued(store->mysql), 4);
        assert_int_equal(sql_flush(store->mysql, done, 4), 0);
        assert_int_equal(sql_queued(store->mysql), 0);
        assert_int_equal(done[0].inserted_id, 101);
        for (int i = 0; i < 3; i++) {
            struct sql_rows rows;
            assert_int_equal(done[1 + i].changed, 1);
            assert_int_equal(
                sql_run(store->mysql, fixture->mem,
                        must(talloc_asprintf(fixture->mem, "SELECT amount FROM payment WHERE payment_id = %" PRIu64,
                                             done[1 + i].inserted_id)),
                        &rows),
                0);
            assert_int_equal(atoi(sql_string(&rows, 0, 0)), 10 + i);
        }
        mysql_link_rollback(store->mysql);
        talloc_free(store);
    }
    sql_run(fixture->store->mysql, fixture->mem, "SET GLOBAL auto_increment_increment = 1", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(texts_come_back_as_they_went),
        TEST(bytes_and_times_come_back_as_they_went),
        TEST(long_and_missing_values_come_back),
        TEST(running_a_statement_again_writes_only_where_it_may),
        cmocka_unit_test_setup(a_balance_comes_back_with_the_change, begin),
        TEST(a_taken_key_is_a_duplicate_and_a_broken_rule_an_error),
        TEST(a_link_sets_what_it_relies_on),
        TEST(a_row_that_stays_locked_is_a_reason_to_try_again),
        TEST(a_link_that_was_killed_is_made_anew),
        TEST(a_link_that_the_server_found_idle_is_made_anew),
        TEST(a_link_that_rested_is_made_anew_before_the_server_ends_it),
        TEST(a_transaction_may_rest_on_its_link),
        TEST(no_wait_is_longer_than_its_limit),
        TEST(what_is_queued_behind_a_failure_does_not_happen),
        TEST(what_is_queued_is_there_for_the_next_statement),
        TEST(rows_that_became_one_statement_have_their_numbers),
    };

    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
