#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "ctl/ctl.h"
#include "domain/dead_letter.h"

enum { PAGE = 100 };

static const char usage[] = "dead-letters list, dead-letters show ID, or dead-letters replay ID";

static void print_row(const struct dead_letter *letter)
{
    char died[CLOCK_TEXT_SIZE];

    clock_to_text(letter->died_ms, died);
    printf("%" PRIu64 "\t%s\t%s\t%s\t%s %s\t%" PRId64 " attempts\t%s\n", letter->dead_letter_id,
           letter->replayed_ms == 0 ? "dead" : "replayed", died, letter->group, letter->event.type,
           letter->event.aggregateid, letter->attempts, letter->error);
}

static int list(struct call *call)
{
    struct dead_letter *letters;
    uint64_t before = 0;
    size_t count;

    do {
        enum outcome outcome = dead_letter_list(call, before, PAGE, &letters, &count);
        if (outcome != OUTCOME_DONE)
            return ctl_failed(call, "dead-letters", outcome);
        for (size_t i = 0; i < count; i++)
            print_row(&letters[i]);
        before = count > 0 ? letters[count - 1].dead_letter_id : 0;
    } while (count == PAGE);
    return EXIT_SUCCESS;
}

static int show(struct call *call, uint64_t dead_letter_id)
{
    struct dead_letter letter;
    enum outcome outcome = dead_letter_read(call, dead_letter_id, &letter);

    if (outcome != OUTCOME_DONE)
        return ctl_failed(call, "dead-letters", outcome);
    print_row(&letter);
    printf("event %s\n%s\n", letter.event.id, letter.event.payload);
    return EXIT_SUCCESS;
}

static int replay(struct call *call, uint64_t dead_letter_id)
{
    struct dead_letter letter;
    enum outcome outcome = dead_letter_replay(call, dead_letter_id, &letter);

    if (outcome != OUTCOME_DONE)
        return ctl_failed(call, "dead-letters", outcome);
    print_row(&letter);
    return EXIT_SUCCESS;
}

int cmd_dead_letters(struct call *call, int argc, char **argv)
{
    uint64_t dead_letter_id;

    if (argc == 2 && strcmp(argv[1], "list") == 0)
        return list(call);
    if (argc != 3 || !text_to_u64(argv[2], strlen(argv[2]), INT64_MAX, &dead_letter_id))
        return ctl_usage(usage);
    if (strcmp(argv[1], "show") == 0)
        return show(call, dead_letter_id);
    return strcmp(argv[1], "replay") == 0 ? replay(call, dead_letter_id) : ctl_usage(usage);
}
