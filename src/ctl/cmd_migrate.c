#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "store/migrations.h"

static int apply(struct call *call, const struct migration *migration, bool dry_run)
{
    if (migration->changed) {
        fprintf(stderr, "%s was applied with another text: this program does not fit this database\n", migration->name);
        return EXIT_FAILURE;
    }
    if (migration->applied)
        return EXIT_SUCCESS;
    printf("%s %s\n", dry_run ? "would apply" : "applying", migration->name);
    if (dry_run)
        return EXIT_SUCCESS;
    enum outcome outcome = migrations_apply(call, migration->name);
    return outcome == OUTCOME_DONE ? EXIT_SUCCESS : ctl_failed(call, migration->name, outcome);
}

int cmd_migrate(struct call *call, int argc, char **argv)
{
    bool dry_run = argc == 2 && strcmp(argv[1], "--dry-run") == 0;
    struct migration *migrations;
    size_t count;
    int status = EXIT_SUCCESS;

    if (argc > 2 || (argc == 2 && !dry_run))
        return ctl_usage("migrate [--dry-run]");
    enum outcome outcome = migrations_lock(call);
    if (outcome == OUTCOME_DONE)
        outcome = migrations_list(call, &migrations, &count);
    if (outcome != OUTCOME_DONE)
        return ctl_failed(call, "migrate", outcome);
    for (size_t i = 0; status == EXIT_SUCCESS && i < count; i++)
        status = apply(call, &migrations[i], dry_run);
    return status;
}
