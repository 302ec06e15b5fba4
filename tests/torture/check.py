#!/usr/bin/env python3
"""Did every promise hold? Reads MySQL, Redis, the events, what the other system received, what was seen from the side
and what each fan was told. Shares no code with the server. Prints what is wrong, a line each; the exit status is 1 when
anything is.
"""
import argparse
import base64
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../proof"))

import checker as events  # noqa: E402
import drawn  # noqa: E402
import histories  # noqa: E402
import line  # noqa: E402
import money  # noqa: E402
from told import Told, lines  # noqa: E402

DOCUMENTED = {0, 200, 201, 204, 402, 403, 404, 409, 410, 422, 429, 499, 502, 503, 504}


def check_statuses(told, findings):
    for row in told.lines:
        if row["status"] not in DOCUMENTED:
            findings.add(f"an answer of {row['status']}", f"{row['what']} {row.get('code')}")
        for broken in row.get("broken", []):
            findings.add("a promise was broken while it ran", broken)


def check_events(database, arguments, findings):
    expected = events.expected_events(database)
    key = base64.b64decode(arguments.key.removeprefix("whsec_"))
    ids, messages = events.check_receiver(arguments.received, key, expected, findings)
    if arguments.topic:
        if events.check_topic(arguments.topic, expected, findings) != ids:
            findings.add("the topic and the other system know different events", "")
    events.check_database(database, expected, ids, findings)
    print(f"{len(expected)} events, {messages} messages to the other system")


def check_redis(database, socket, findings):
    """Redis has the sold seats that MySQL has, a moment after all has calmed down."""
    sold = {}
    for concert, seat in database.rows("SELECT concert_id, seat FROM reservation WHERE taken = 1"):
        sold.setdefault(concert, set()).add(int(seat))
    end = time.monotonic() + 15
    while True:
        wrong = [concert for concert, seats in sold.items() if in_redis(socket, concert) not in (seats, None)]
        if not wrong or time.monotonic() > end:
            break
        time.sleep(0.5)
    for concert in wrong:
        findings.add("Redis has other seats sold than MySQL", f"concert {concert}: {in_redis(socket, concert) ^ sold[concert]}")


def in_redis(socket, concert):
    said = subprocess.run(["redis-cli", "-s", socket, "--raw", "GET", f"sold:{{c{concert}}}"], check=True,
                          capture_output=True).stdout[:-1]
    if not said:
        return None
    return {byte * 8 + bit for byte, value in enumerate(said) for bit in range(8) if value & 0x80 >> bit}


def main():
    parser = argparse.ArgumentParser()
    for name in ("mysql", "redis", "history", "faults", "watch", "received", "key"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--topic")
    arguments = parser.parse_args()
    findings, database, told = events.Findings(), events.Database(arguments.mysql), Told(arguments.history)
    stored = money.Stored(database, told.accounts)
    faults = line.Faults(lines(arguments.faults) if os.path.exists(arguments.faults) else [])
    counts = told.counts()
    print(f"{len(told.lines)} requests of {len(told.accounts)} accounts: "
          + ", ".join(f"{counts[how]} {how}" for how in ("ok", "refused", "unknown")))
    print(f"{len(told.requests)} keys, {len(stored.payments)} payments, {len(faults.rows)} faults")
    check_statuses(told, findings)
    money.check(told, stored, findings)
    histories.check(told, stored, findings)
    line.check(told, faults, lines(arguments.watch), findings)
    drawn.check(told, faults, findings)
    check_events(database, arguments, findings)
    check_redis(database, arguments.redis, findings)
    return findings.print()


if __name__ == "__main__":
    sys.exit(main())
