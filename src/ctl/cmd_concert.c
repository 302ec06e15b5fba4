#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/clock.h"
#include "base/must.h"
#include "ctl/ctl.h"
#include "domain/concert.h"
#include "domain/plan_csv.h"

enum { LISTED_MAX = 100, FILE_BYTES_MAX = 1024 * 1024 };

static const char usage[] = "concert list, or concert import FILE title=TITLE starts_at=TIME [NAME=VALUE…]\n"
                            "  the file: section,grade,price,rows,seats_per_row, and a line for each section\n"
                            "  names: venue time_zone cancel_until, and those of queue … set";

static int list(struct call *call)
{
    struct concert *concerts;
    size_t count;
    enum outcome outcome = concert_list(call, 0, LISTED_MAX, &concerts, &count);

    if (outcome != OUTCOME_DONE)
        return ctl_failed(call, "concert", outcome);
    for (size_t i = 0; i < count; i++) {
        char starts[CLOCK_TEXT_SIZE];
        clock_to_text(concerts[i].plan->starts_ms, starts);
        printf("%" PRIu64 "\t%s\t%s\t%s\t%" PRId64 " of %" PRIu32 " sold\n", concerts[i].plan->concert_id,
               concert_state(call, &concerts[i]), starts, concerts[i].plan->title, concerts[i].sold,
               concerts[i].plan->seats_total);
    }
    return EXIT_SUCCESS;
}

/* NULL when it cannot be read or is too large, which was said. */
static const char *read_file(struct call *call, const char *path, size_t *length)
{
    char *text = must(talloc_array(call->mem, char, FILE_BYTES_MAX + 2));
    FILE *file = fopen(path, "re");

    *length = file == NULL ? 0 : fread(text, 1, FILE_BYTES_MAX + 1, file);
    if (file == NULL || ferror(file) != 0 || *length > FILE_BYTES_MAX) {
        fprintf(stderr, "%s: %s\n", path, *length > FILE_BYTES_MAX ? "larger than a megabyte" : strerror(errno));
        text = NULL;
    } else {
        text[*length] = '\0';
    }
    if (file != NULL)
        fclose(file);
    return text;
}

/* One NAME=VALUE of the concert itself; false when it is none. */
static bool take_member(const char *setting, struct plan *plan)
{
    const char *value = strchr(setting, '=');
    size_t length = value == NULL ? 0 : (size_t)(value - setting);

#define IS(name) (length == strlen(name) && strncmp(setting, name, length) == 0)
    if (value++ == NULL)
        return false;
    if (IS("title"))
        plan->title = value;
    else if (IS("venue"))
        plan->venue = value;
    else if (IS("time_zone"))
        plan->time_zone = value;
    else if (IS("starts_at"))
        return clock_from_text(value, &plan->starts_ms);
    else if (IS("cancel_until"))
        return clock_from_text(value, &plan->cancel_until_ms);
    else
        return false;
    return true;
#undef IS
}

static void print_faults(const struct call *call, const char *path)
{
    for (size_t i = 0; i < call->refusal.faults_count; i++) {
        const struct line_fault *fault = &call->refusal.faults[i];
        fprintf(stderr, "%s:%zu: %s%s%s\n", path, fault->line, fault->field == NULL ? "" : fault->field,
                fault->field == NULL ? "" : ": ", fault->english);
    }
}

static int import(struct call *call, const char *path, int argc, char **argv)
{
    struct plan plan = {.venue = "", .time_zone = "Asia/Seoul"};
    struct policy policy = concert_policy_defaults;
    uint64_t concert_id;
    unsigned parts = 0;
    size_t length;

    for (int i = 0; i < argc; i++)
        if (!take_member(argv[i], &plan) && !ctl_take_policy(argv[i], &policy, &parts)) {
            fprintf(stderr, "not a setting, or out of range: %s\n", argv[i]);
            return 2;
        }
    if (plan.title == NULL || plan.starts_ms == 0)
        return ctl_usage(usage);
    const char *text = read_file(call, path, &length);
    if (text == NULL)
        return EXIT_FAILURE;
    enum outcome outcome = plan_csv_read(call, text, length, &plan);
    print_faults(call, path);
    if (outcome == OUTCOME_DONE)
        outcome = concert_create(call, &plan, &policy, &concert_id);
    if (outcome != OUTCOME_DONE)
        return ctl_failed(call, "concert", outcome);
    printf("concert %" PRIu64 "\n", concert_id);
    return EXIT_SUCCESS;
}

int cmd_concert(struct call *call, int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "list") == 0)
        return list(call);
    if (argc < 5 || strcmp(argv[1], "import") != 0)
        return ctl_usage(usage);
    return import(call, argv[2], argc - 3, argv + 3);
}
