#include "store/migrations.h"

#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/must.h"
#include "base/secret.h"
#include "store/embedded.h"
#include "store/mysql.h"
#include "store/store.h"

enum { SUM_BYTES = 16, MIGRATIONS_MAX = 1000 };

static const char record_table[] = "CREATE TABLE IF NOT EXISTS migration ("
                                   "name VARCHAR(100) NOT NULL PRIMARY KEY, checksum CHAR(32) NOT NULL, "
                                   "applied_at DATETIME(3) NOT NULL"
                                   ") ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin";

static void sum_of(const char *text, char hex[SUM_BYTES * 2 + 1])
{
    uint8_t sum[SUM_BYTES];

    secret_fingerprint(text, strlen(text), sum, sizeof(sum));
    secret_hex(sum, sizeof(sum), hex);
}

/* Migrations start with their number; the other embedded files do not. */
static bool is_migration(const struct embedded *file)
{
    return file->name[0] >= '0' && file->name[0] <= '9';
}

static void look_up(const struct sql_rows *rows, const struct embedded *file, struct migration *migration)
{
    char sum[SUM_BYTES * 2 + 1];

    sum_of(file->text, sum);
    migration->name = file->name;
    for (size_t i = 0; i < rows->count; i++) {
        if (strcmp(sql_string(rows, i, 0), file->name) != 0)
            continue;
        migration->applied = true;
        migration->changed = strcmp(sql_string(rows, i, 1), sum) != 0;
    }
}

enum outcome migrations_lock(struct call *call)
{
    struct sql_rows rows = {0};

    if (sql_run(call->store->mysql, call->mem, "SELECT GET_LOCK('frontrow:migrate', 4)", &rows) != 0)
        return OUTCOME_UNAVAILABLE;
    const char *got = sql_string(&rows, 0, 0);
    return got != NULL && strcmp(got, "1") == 0 ? OUTCOME_DONE : OUTCOME_UNAVAILABLE;
}

/* What the record says; of a new database, which has none, nothing. */
static int read_record(struct call *call, struct sql_rows *record)
{
    struct sql_rows tables = {0};
    int failure = sql_run(call->store->mysql, call->mem,
                          "SELECT 1 FROM information_schema.tables "
                          "WHERE table_schema = DATABASE() AND table_name = 'migration'",
                          &tables);

    if (failure != 0 || tables.count == 0)
        return failure;
    return sql_select(call->store->mysql, call->mem, SQL_MIGRATIONS_APPLIED, SQL_NO_ARGS, record);
}

enum outcome migrations_list(struct call *call, struct migration **migrations, size_t *count)
{
    struct sql_rows rows = {0};

    if (read_record(call, &rows) != 0)
        return OUTCOME_UNAVAILABLE;
    *migrations = must(talloc_zero_array(call->mem, struct migration, MIGRATIONS_MAX));
    *count = 0;
    for (const struct embedded *file = embedded_files; file->name != NULL; file++)
        if (is_migration(file) && *count < MIGRATIONS_MAX)
            look_up(&rows, file, &(*migrations)[(*count)++]);
    return OUTCOME_DONE;
}

enum outcome migrations_apply(struct call *call, const char *name)
{
    const char *text = embedded_text(name);
    const char *at = text;
    char sum[SUM_BYTES * 2 + 1];

    if (sql_run(call->store->mysql, call->mem, record_table, NULL) != 0)
        return OUTCOME_UNAVAILABLE;
    for (char *statement; (statement = embedded_statement(call->mem, &at)) != NULL;)
        if (sql_run(call->store->mysql, call->mem, statement, NULL) != 0)
            return OUTCOME_UNAVAILABLE;
    sum_of(text, sum);
    return sql_change(call->store->mysql, SQL_MIGRATIONS_RECORD, SQL_ARGS(sql_text(name), sql_text(sum))) == 1
               ? OUTCOME_DONE
               : OUTCOME_UNAVAILABLE;
}
