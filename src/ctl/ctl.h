/* frontrowctl: a table of operator commands. */
#ifndef FRONTROW_CTL_CTL_H
#define FRONTROW_CTL_CTL_H

#include <stdbool.h>

#include "base/call.h"
#include "store/concerts.h"

/*
 * A command gets a call to work with and its own arguments (argv[0] is its name). It prints its
 * result on standard output, complains on standard error, and ends with the exit status.
 */
typedef int ctl_command(struct call *call, int argc, char **argv);

ctl_command cmd_migrate, cmd_check, cmd_demo, cmd_account, cmd_concert, cmd_queue, cmd_hold, cmd_reservation,
    cmd_outbox, cmd_dead_letters, cmd_sync, cmd_secret;

ctl_command cmd_webhook;

/* Say what is wrong with the arguments; the exit status for that. */
int ctl_usage(const char *usage);

/* Say that a call did not end DONE; the exit status for that. */
int ctl_failed(const struct call *call, const char *what, enum outcome outcome);

/* Read a concert's number, or complain. */
bool ctl_concert_id(const char *text, uint64_t *concert_id);

/*
 * One NAME=VALUE of a queue's policy, which is cut in two here; parts says which were named. False
 * when there is no such name, or the value is out of range.
 */
bool ctl_take_policy(char *setting, struct policy *policy, unsigned *parts);

#endif
