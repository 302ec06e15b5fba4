#!/usr/bin/env python3
"""The checker finds what is wrong in histories made by hand, and nothing in those that are right. Prints TAP."""
import collections
import json
import os
import sys
import tempfile
import types

import line
import money
from told import Told

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../proof"))

import checker as events  # noqa: E402

SEAT = "20310301.1.1"


def hold(who, start, end, until):
    """A hold of the seat, told to be its owner's up to then."""
    def clock(seconds):
        return f"2030-01-01T00:00:{seconds:06.3f}Z"

    answer = {"server_now": clock(start), "holds": [
        {"reservation_number": SEAT, "price": 1000, "expires_at": clock(until)}]}
    return {"what": "hold", "who": who, "from": start, "to": end, "how": "ok", "status": 201, "concert": 1,
            "answer": json.dumps(answer)}


def release(who, start, end, how="ok"):
    return {"what": "release", "who": who, "from": start, "to": end, "how": how, "concert": 1, "number": SEAT}


def history(*lines):
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write("".join(json.dumps(one) + "\n" for one in lines))
        file.flush()
        return Told(file.name)


def holds(*lines, faults=()):
    findings = events.Findings()
    line.check_holds(history(*lines), line.Faults(list(faults)), findings)
    return sorted(findings.wrong)


def payments(stored, *lines):
    """stored is a payment's number to its account, amount and seats."""
    findings = events.Findings()
    seats = collections.defaultdict(list, {number: row[2] for number, row in stored.items()})
    kept = types.SimpleNamespace(payments={number: row[:2] for number, row in stored.items()}, seats=seats)
    money.check_payments(history(*lines), kept, findings)
    return sorted(findings.wrong)


TWO = ["two live holds on a seat"]
NOBODY = ["a payment that nobody asked for"]
FLUSH = {"fault": "flush", "from": 2, "to": 2}


def cases():
    yield "two holds, one after the other's end", [], holds(hold(1, 0, 0.1, 10), hold(2, 10.2, 10.3, 20))
    yield "two holds, one before the other's end", TWO, holds(hold(1, 0, 0.1, 10), hold(2, 5, 5.1, 15))
    yield "two holds asked for at once", TWO, holds(hold(1, 0, 0.2, 10), hold(2, 0.1, 0.3, 10))
    yield "two holds, one within the other's request", TWO, holds(hold(1, 0, 1, 10), hold(2, 0.1, 0.3, 10))
    yield "one account's hold twice", [], holds(hold(1, 0, 0.1, 10), hold(1, 5, 5.1, 15))
    yield "given back between", [], holds(hold(1, 0, 0.1, 10), release(1, 1, 1.1), hold(2, 2, 2.1, 12))
    yield "given back after the other", TWO, holds(hold(1, 0, 0.1, 10), hold(2, 2, 2.1, 12), release(1, 3, 3.1))
    yield "perhaps given back between", [], holds(hold(1, 0, 0.1, 10), release(1, 1, 1.1, "unknown"), hold(2, 2, 2.1, 12))
    yield "forgotten between", [], holds(hold(1, 0, 0.1, 10), hold(2, 3, 3.1, 12), faults=[FLUSH])
    yield "forgotten before both", TWO, holds(hold(1, 3, 3.1, 10), hold(2, 4, 4.1, 12), faults=[FLUSH])

    yield "a payment of the demo's own", [], payments({1: (7, 1000, ["20310301.9.9"])}, hold(7, 0, 0.1, 10))
    yield "a payment that nobody asked for", NOBODY, payments({1: (7, 1000, [SEAT])}, hold(7, 0, 0.1, 10))
    yield "a payment without a seat", NOBODY, payments({1: (7, 1000, [])}, hold(7, 0, 0.1, 10))


def main():
    failed, number = 0, 0
    sys.stdout, told = open(os.devnull, "w", encoding="utf-8"), sys.stdout  # the checker says how much it saw
    found = list(cases())
    sys.stdout = told
    for number, (what, expected, got) in enumerate(found, 1):
        failed += expected != got
        print(f"{'ok' if expected == got else 'not ok'} {number} - {what}: {', '.join(got) or 'nothing'}")
    print(f"1..{number}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
