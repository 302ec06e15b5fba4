#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "ctl/ctl.h"
#include "domain/concert.h"
#include "store/boards.h"

static const char usage[] = "queue CONCERT status|pause|resume|drain|close, or queue CONCERT set NAME=VALUE…\n"
                            "  names: capacity rate_per_minute active_ttl_s admit_ttl_s hold_ttl_s seats_per_fan "
                            "rejoin opens_at";

static int show(struct call *call, uint64_t concert_id)
{
    struct board board;
    enum outcome outcome = boards_read(call, concert_id, &board);

    if (outcome != OUTCOME_DONE)
        return ctl_failed(call, "queue", outcome);
    printf("state %s\nserving %" PRIu64 "\nlast %" PRIu64 "\nwaiting %" PRIu64 "\nactive %" PRIu64 "\ncapacity %" PRIu64
           "\nrate_per_minute %" PRIu64 "\nseats_left %" PRIu64 "\n",
           sale_name(board.sale), board.serving, board.last, board.waiting, board.active, board.capacity,
           board.rate_per_minute, board.seats_left);
    return EXIT_SUCCESS;
}

static const struct {
    const char *name;
    enum policy_part part;
    size_t place;
    uint64_t least;
    uint64_t most;
} numbers[] = {
    {"capacity", POLICY_CAPACITY, offsetof(struct policy, capacity), 1, 100000},
    {"rate_per_minute", POLICY_RATE, offsetof(struct policy, rate_per_minute), 0, 1000000},
    {"active_ttl_s", POLICY_ACTIVE_TTL, offsetof(struct policy, active_ttl_s), 30, 86400},
    {"admit_ttl_s", POLICY_ADMIT_TTL, offsetof(struct policy, admit_ttl_s), 10, 3600},
    {"hold_ttl_s", POLICY_HOLD_TTL, offsetof(struct policy, hold_ttl_s), 10, 3600},
    {"seats_per_fan", POLICY_SEATS_PER_FAN, offsetof(struct policy, seats_per_fan), 1, SEATS_PER_CALL_MAX},
};

static bool take_number(const char *name, const char *value, struct policy *policy, unsigned *parts)
{
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        uint64_t number;
        if (strcmp(numbers[i].name, name) != 0)
            continue;
        if (!text_to_u64(value, strlen(value), numbers[i].most, &number) || number < numbers[i].least)
            return false;
        *(int64_t *)((char *)policy + numbers[i].place) = (int64_t)number;
        *parts |= 1u << numbers[i].part;
        return true;
    }
    return false;
}

bool ctl_take_policy(char *setting, struct policy *policy, unsigned *parts)
{
    char *value = strchr(setting, '=');

    if (value == NULL)
        return false;
    *value++ = '\0';
    if (strcmp(setting, "rejoin") == 0) {
        policy->rejoin = value;
        *parts |= 1u << POLICY_REJOIN;
        return strcmp(value, "keep") == 0 || strcmp(value, "refresh") == 0;
    }
    if (strcmp(setting, "opens_at") == 0) {
        *parts |= 1u << POLICY_OPENS_AT;
        return strcmp(value, "now") == 0 || clock_from_text(value, &policy->opens_ms);
    }
    return take_number(setting, value, policy, parts);
}

static int set(struct call *call, uint64_t concert_id, int argc, char **argv)
{
    struct policy policy = {0};
    struct concert concert;
    unsigned parts = 0;

    for (int i = 0; i < argc; i++)
        if (!ctl_take_policy(argv[i], &policy, &parts)) {
            fprintf(stderr, "not a setting, or out of range: %s\n", argv[i]);
            return 2;
        }
    enum outcome outcome = concert_change(call, concert_id, parts, &policy, &concert);
    return outcome == OUTCOME_DONE ? show(call, concert_id) : ctl_failed(call, "queue", outcome);
}

static bool is_verb(const char *word)
{
    static const char *const verbs[] = {"pause", "resume", "drain", "close"};

    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(verbs[i], word) == 0)
            return true;
    return false;
}

int cmd_queue(struct call *call, int argc, char **argv)
{
    struct concert concert;
    uint64_t concert_id;

    if (argc < 3)
        return ctl_usage(usage);
    if (!ctl_concert_id(argv[1], &concert_id))
        return 2;
    if (strcmp(argv[2], "status") == 0 && argc == 3)
        return show(call, concert_id);
    if (strcmp(argv[2], "set") == 0 && argc > 3)
        return set(call, concert_id, argc - 3, argv + 3);
    if (argc != 3 || !is_verb(argv[2]))
        return ctl_usage(usage);
    enum outcome outcome = concert_steer(call, concert_id, argv[2], &concert);
    return outcome == OUTCOME_DONE ? show(call, concert_id) : ctl_failed(call, "queue", outcome);
}
