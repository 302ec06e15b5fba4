#include "tests/integration/fixture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"
#include "domain/concert.h"
#include "domain/invariant.h"
#include "store/embedded.h"
#include "store/mysql.h"
#include "store/redis.h"

static const char *needed(const char *name)
{
    const char *value = getenv(name);

    if (value == NULL || value[0] == '\0') {
        fprintf(stderr, "%s is not set: run this through make check\n", name);
        exit(99);
    }
    return value;
}

/* A key file of one key, in the run folder of this test. */
static const char *write_secret(struct config *config)
{
    const char *path = must(talloc_asprintf(config, "%s/secret", config->run_dir));
    FILE *file = must(fopen(path, "w"));

    fputs("1:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", file);
    fclose(file);
    return path;
}

static struct config *make_config(void *mem)
{
    struct config *config = must(talloc_memdup(mem, must(config_read(mem, NULL)), sizeof(*config)));
    char *dir = must(talloc_strdup(config, "/tmp/frontrow-test-XXXXXX"));

    config->run_dir = must(mkdtemp(dir));
    config->mysql_socket = needed("FRONTROW_TEST_MYSQL_SOCKET");
    config->mysql_user = "root";
    config->mysql_database = "mysql";
    config->redis_socket = needed("FRONTROW_TEST_REDIS_SOCKET");
    config->secret_file = write_secret(config);
    return config;
}

static void run_sql(struct fixture *fixture, const char *sql)
{
    assert_int_equal(sql_run(fixture->store->mysql, fixture->mem, sql, NULL), 0);
}

static void migrate(struct fixture *fixture)
{
    for (const struct embedded *file = embedded_files; file->name != NULL; file++) {
        const char *at = file->text;
        if (strcmp(file->name, "invariants.sql") == 0)
            continue;
        for (char *statement; (statement = embedded_statement(fixture->mem, &at)) != NULL;)
            run_sql(fixture, statement);
    }
}

int fixture_start(void **state)
{
    struct fixture *fixture = must(talloc_zero(NULL, struct fixture));

    setenv("TZ", "UTC", 1);
    fixture->mem = must(talloc_new(fixture));
    fixture->config = make_config(fixture);
    fixture->shared = must(store_shared_new(fixture, fixture->config));
    fixture->store = store_new(fixture, fixture->shared);
    char *name = must(talloc_asprintf(fixture->config, "frontrow_test_%d", (int)getpid()));
    run_sql(fixture, must(talloc_asprintf(fixture->mem, "CREATE DATABASE %s", name)));
    fixture->config->mysql_database = name;
    TALLOC_FREE(fixture->store);
    fixture->store = store_new(fixture, fixture->shared);
    migrate(fixture);
    *state = fixture;
    return 0;
}

int fixture_stop(void **state)
{
    struct fixture *fixture = *state;
    const char *run_dir = must(talloc_strdup(fixture->mem, fixture->config->run_dir));

    run_sql(fixture, must(talloc_asprintf(fixture->mem, "DROP DATABASE %s", fixture->config->mysql_database)));
    unlink(must(talloc_asprintf(fixture->mem, "%s/secret", run_dir)));
    unlink(must(talloc_asprintf(fixture->mem, "%s/counters", run_dir)));
    rmdir(run_dir);
    talloc_free(fixture);
    return 0;
}

int fixture_clean(void **state)
{
    struct fixture *fixture = *state;
    struct sql_rows rows = {0};

    run_sql(fixture, "SET FOREIGN_KEY_CHECKS = 0");
    assert_int_equal(sql_run(fixture->store->mysql, fixture->mem,
                             "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()", &rows),
                     0);
    /* Concert ids go on, so that plans which the process has kept are never another concert's. */
    for (size_t i = 0; i < rows.count; i++)
        run_sql(fixture, must(talloc_asprintf(fixture->mem, "DELETE FROM %s", sql_string(&rows, i, 0))));
    fixture_redis(fixture, "FLUSHALL");
    return 0;
}

int fixture_check(void **state)
{
    struct fixture *fixture = *state;
    struct call call = fixture_call(fixture, 0);
    struct promise *promises;
    size_t count;

    assert_int_equal(invariant_check(&call, &promises, &count), OUTCOME_DONE);
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++)
        if (promises[i].broken > 0)
            fail_msg("broken promise: %s: %s", promises[i].promise, promises[i].first);
    talloc_free_children(fixture->mem);
    return 0;
}

struct call fixture_call(struct fixture *fixture, uint64_t account_id)
{
    return (struct call){
        .mem = fixture->mem,
        .store = fixture->store,
        .now_ms = clock_now_ms(),
        .account_id = account_id,
        .role = account_id == 0 ? ROLE_NOBODY : ROLE_FAN,
        .request_id = "test",
        .client_address = "127.0.0.1",
    };
}

struct store *fixture_store(struct fixture *fixture)
{
    return store_new(NULL, fixture->shared);
}

uint64_t fixture_account(struct fixture *fixture, int64_t points)
{
    static unsigned next = 1;
    const char *sql = must(talloc_asprintf(
        fixture->mem,
        "INSERT INTO account (email, name, password_hash, points, created_at) VALUES ('%u@test', 'T', '-', %" PRId64
        ", UTC_TIMESTAMP(3))",
        next++, points));

    run_sql(fixture, sql);
    uint64_t account_id = (uint64_t)fixture_number(fixture, "SELECT MAX(account_id) FROM account");
    run_sql(fixture, must(talloc_asprintf(fixture->mem,
                                          "INSERT INTO point_entry (account_id, delta, reason, reference, "
                                          "balance_after, created_at) VALUES (%" PRIu64 ", %" PRId64
                                          ", 'opening', '', %" PRId64 ", UTC_TIMESTAMP(3))",
                                          account_id, points, points)));
    return account_id;
}

uint64_t fixture_concert(struct fixture *fixture, uint32_t rows, uint32_t seats_per_row, int64_t price,
                         int64_t capacity)
{
    struct call call = fixture_call(fixture, 0);
    struct grade grade = {.grade = "R", .price = price};
    struct section section = {.section = "A", .grade = 0, .rows = rows, .seats_per_row = seats_per_row};
    struct policy policy = {.state = "open",
                            .capacity = capacity,
                            .active_ttl_s = 900,
                            .admit_ttl_s = 180,
                            .hold_ttl_s = 300,
                            .seats_per_fan = 4,
                            .rejoin = "keep"};
    struct plan plan = {.title = "TestConcert",
                        .venue = "Hall",
                        .time_zone = "Asia/Seoul",
                        .starts_ms = call.now_ms + 90 * 24 * INT64_C(3600000),
                        .grades = &grade,
                        .grades_count = 1,
                        .sections = &section,
                        .sections_count = 1};
    uint64_t concert_id;

    assert_int_equal(concert_create(&call, &plan, &policy, &concert_id), OUTCOME_DONE);
    return concert_id;
}

int64_t fixture_number(struct fixture *fixture, const char *sql)
{
    struct sql_rows rows = {0};

    assert_int_equal(sql_run(fixture->store->mysql, fixture->mem, sql, &rows), 0);
    assert_true(rows.count > 0);
    const char *value = sql_string(&rows, 0, 0);
    return value == NULL ? 0 : atoll(value);
}

long long fixture_redis(struct fixture *fixture, const char *command)
{
    char *copy = must(talloc_strdup(fixture->mem, command));
    const char *words[64];
    size_t count = 0;

    for (char *rest = copy, *word; (word = strtok_r(rest, " ", &rest)) != NULL;)
        words[count++] = word;
    redisReply *reply = redis_command(fixture->store->redis, fixture->mem, words, count);
    assert_non_null(reply);
    if (reply->type == REDIS_REPLY_INTEGER)
        return reply->integer;
    return reply->type == REDIS_REPLY_STRING ? atoll(reply->str) : 0;
}

struct whole_gate whole_gate_new(const void *mem, struct store *store)
{
    struct upkeep *upkeep = upkeep_new(mem, store);

    return (struct whole_gate){upkeep, gate_new(mem, store, upkeep)};
}

void whole_gate_round(const struct whole_gate *whole, int64_t now_ms)
{
    upkeep_round(whole->upkeep, now_ms);
    gate_round(whole->gate, now_ms);
}
