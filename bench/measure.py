#!/usr/bin/env python3
"""Measure what is named, print it as a table and keep it as JSON.

Started by bench/run, which has the stack up and says all that is to be known:
    measure.py SETTING=VALUE… NAME…
"""
import contextlib
import json
import pathlib
import sys

import cases
import growth
import instructions
import lock
import overload
import rounds
import start
import table
import tails
from placement import Apart

SPECIAL = {
    "tails": tails.measure_tails,
    "core": tails.measure_core,
    "story": overload.measure_story,
    "overload-status": overload.measure_status,
    "overload-hold": overload.measure_hold,
    "overload-pay": overload.measure_pay,
    "overload-shared": overload.measure_shared,
    "queue-size": growth.measure_queue_size,
    "map": growth.measure_map,
    "relay": growth.measure_relay,
    "lock": lock.measure,
    "instructions": instructions.measure,
    "start": start.measure_start,
    "memory": start.measure_memory,
}


def read_settings(words):
    """SETTING=VALUE, group.NAME=NUMBER and about.WHAT=TEXT; what has no "=" is the name of a case."""
    settings = {"groups": {}, "about": {}, "names": []}
    for word in words:
        name, equals, value = word.partition("=")
        kind, dot, rest = name.partition(".")
        if not equals:
            settings["names"].append(word)
        elif dot and kind == "group":
            settings["groups"][rest] = int(value)
        elif dot and kind == "about":
            settings["about"][rest] = value
        else:
            settings[name] = int(value) if value.isdigit() else value
    return settings


def measure(bench, known, name):
    if name in SPECIAL:
        return SPECIAL[name](bench, known)
    with Apart(bench) if bench.settings["apart"] == "yes" else contextlib.nullcontext():
        rounds.make_ready(bench, known[name])
        return rounds.measure(bench, known[name])


def main():
    settings = read_settings(sys.argv[1:])
    bench = rounds.Bench(settings)
    known = cases.cases(settings)
    results = []
    pathlib.Path(settings["ui"], "bench", "static.json").write_text("x" * 900, encoding="ascii")
    for name, value in settings["about"].items():
        print(f"{name}: {value}")
    print(table.COLUMNS)
    for name in settings["names"]:
        print(f"  {name:<16}", end="", file=sys.stderr, flush=True)
        results.append(measure(bench, known, name))
        print(file=sys.stderr)
        table.print_result(results[-1])
        with open(settings["output"], "w", encoding="utf-8") as file:
            json.dump({"about": settings["about"], "results": results}, file, indent=1, ensure_ascii=False)
            file.write("\n")


if __name__ == "__main__":
    main()
