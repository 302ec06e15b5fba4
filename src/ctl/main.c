#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/text.h"
#include "ctl/ctl.h"
#include "store/store.h"

#define DEFAULT_CONFIG "/etc/frontrow.conf"

static const struct command {
    const char *name;
    ctl_command *run;
    bool needs_store;
    const char *purpose;
} commands[] = {
    {"migrate", cmd_migrate, true, "[--dry-run]  bring the database to this version"},
    {"check", cmd_check, true, "check every promise in the database; 1 when one is broken"},
    {"demo", cmd_demo, true, "[--concert-seats N]  load demo concerts and accounts"},
    {"account", cmd_account, true, "add EMAIL NAME fan|operator  make an account; its password on standard input"},
    {"concert", cmd_concert, true,
     "list, or import FILE title=… starts_at=…  concerts, and a new one from a seat plan"},
    {"queue", cmd_queue, true, "CONCERT status|pause|resume|drain|close, or CONCERT set NAME=VALUE…"},
    {"hold", cmd_hold, true, "list CONCERT, or release NUMBER  who holds what, and taking a seat back"},
    {"reservation", cmd_reservation, true, "NUMBER  whose it is, and how it stands"},
    {"outbox", cmd_outbox, true, "events on their way"},
    {"dead-letters", cmd_dead_letters, true, "list, show ID or replay ID  events that a consumer gave up on"},
    {"sync", cmd_sync, true, "bring Redis in line with MySQL, for every running concert"},
    {"secret", cmd_secret, false, "new  print a line for the secret file"},
    {"webhook", cmd_webhook, true, "key  print what the receiver of events.webhook_url verifies its messages with"},
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void print_help(FILE *file)
{
    fprintf(file, "frontrowctl [-c FILE] COMMAND …: for those who run a sale\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(file, "  %-12s %s\n", commands[i].name, commands[i].purpose);
    fprintf(file, "\n  -c, --config FILE  read this configuration (" DEFAULT_CONFIG ")\n"
                  "      --version      print the version\n      --help         print this\n");
}

int ctl_usage(const char *usage)
{
    fprintf(stderr, "usage: frontrowctl %s\n", usage);
    return 2;
}

int ctl_failed(const struct call *call, const char *what, enum outcome outcome)
{
    const struct refusal *refusal = &call->refusal;

    fprintf(stderr, "%s: %s", what, outcome_title(outcome, "en"));
    if (refusal->field != NULL)
        fprintf(stderr, " %s: %s", refusal->field, refusal->detail != NULL ? refusal->detail : "");
    fputc('\n', stderr);
    return EXIT_FAILURE;
}

bool ctl_concert_id(const char *text, uint64_t *concert_id)
{
    if (text_to_u64(text, strlen(text), INT64_MAX, concert_id) && *concert_id > 0)
        return true;
    fprintf(stderr, "not the number of a concert: %s\n", text);
    return false;
}

static const struct command *command_named(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static int run(const struct command *command, const char *config_path, int argc, char **argv)
{
    void *mem = must(talloc_new(NULL));
    struct call call = {.mem = mem, .now_ms = clock_now_ms(), .request_id = "frontrowctl", .client_address = "-"};
    int status = 2;

    if (command->needs_store) {
        const struct config *config = config_read(mem, config_path);
        struct store_shared *shared = config == NULL ? NULL : store_shared_new(mem, config);
        if (shared != NULL) {
            call.store = store_new(mem, shared);
            status = command->run(&call, argc, argv);
        }
    } else {
        status = command->run(&call, argc, argv);
    }
    talloc_free(mem);
    return status;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"version", no_argument, NULL, 'v'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *config_path = DEFAULT_CONFIG;
    int option;

    setenv("TZ", "UTC", 1);
    while ((option = getopt_long(argc, argv, "+c:", options, NULL)) != -1) {
        switch (option) {
        case 'c': config_path = optarg; break;
        case 'v': printf("%s\n", VERSION); return EXIT_SUCCESS;
        case 'h': print_help(stdout); return EXIT_SUCCESS;
        default: return 2;
        }
    }
    const struct command *command = optind < argc ? command_named(argv[optind]) : NULL;
    if (command == NULL) {
        print_help(stderr);
        return 2;
    }
    return run(command, config_path, argc - optind, argv + optind);
}
