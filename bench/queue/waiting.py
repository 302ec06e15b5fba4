#!/usr/bin/env python3
"""What a crowd that waits as it is told costs Redis, second by second. Started by bench/queue/run:

    waiting.py REDIS_SOCKET WARM_UP_S SECONDS TABLE [GROUP=PID…] -- COMMAND…

The command (bench/queue/waiting.c) plays the fans and prints a row a second; with each row Redis is asked how many
commands it ran so far (INFO commandstats), scripts and what they call alike. Seconds of the warm-up do not count.
"""
import os
import re
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from measure import TICKS, cpu_by_group

COLUMNS = ("board", "own", "join", "entered", "left", "failed", "late_ms")


class Redis:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")

    def calls(self):
        """Calls so far by command, without those of this function."""
        self.socket.sendall(b"INFO commandstats\r\n")
        text = self.file.read(int(self.file.readline()[1:]) + 2).decode()
        stats = re.findall(r"cmdstat_([^:]+):calls=(\d+),usec=(\d+)", text)
        self.asked = getattr(self, "asked", 0) + 1
        calls = {name: int(count) for name, count, _ in stats}
        calls["info"] = calls.get("info", 0) - self.asked
        return calls, sum(int(us) for name, _, us in stats if name == "evalsha")


def mean(values):
    return sum(values) / len(values)


def spread(values):
    half = len(values) // 2
    return (f"{mean(values):9,.1f} a second, {min(values):,} to {max(values):,}; "
            f"first half {mean(values[:half]):,.1f}, second half {mean(values[half:]):,.1f}")


def play(redis, command, groups, warm_up, table):
    """Rows of the seconds that count, and processor seconds by group."""
    rows, before, cpu = [], None, None
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as fans, open(table, "w", encoding="utf-8") as file:
        groups = {**groups, "fans": os.getpgid(fans.pid)}
        print("second", *COLUMNS, "scripts", "commands", file=file)
        for line in fans.stdout:
            if line.startswith("joined"):
                print(f"  all have joined after {line.split()[1]} s")
                before = redis.calls()
                continue
            second, *numbers = map(int, line.split())
            calls = redis.calls()
            row = dict(zip(COLUMNS, numbers))
            row["calls"] = {name: count - before[0].get(name, 0) for name, count in calls[0].items()}
            row["script_us"] = calls[1] - before[1]
            row["scripts"] = row["calls"].get("evalsha", 0)
            row["commands"] = sum(row["calls"].values()) - row["scripts"]
            before = calls
            print(second, *numbers, row["scripts"], row["commands"], file=file)
            if second == warm_up:
                cpu = cpu_by_group(groups)
            if second > warm_up:
                rows.append(row)
                last = cpu_by_group(groups)
    if fans.returncode != 0 or not rows:
        sys.exit(f"{command[0]} failed")
    return rows, {name: (last[name] - cpu[name]) / TICKS for name in groups}


def report(rows, cpu):
    print(f"  {len(rows)} seconds")
    print(f"  board, through nginx   {spread([row['board'] for row in rows])}")
    print(f"  own place              {spread([row['own'] for row in rows])}")
    print(f"  entered                {spread([row['entered'] for row in rows])}")
    print(f"  scripts in Redis       {spread([row['scripts'] for row in rows])}")
    print(f"  commands in Redis      {spread([row['commands'] for row in rows])}")
    names = {name for row in rows for name in row["calls"]}
    by_name = {name: mean([row["calls"].get(name, 0) for row in rows]) for name in names}
    print("   ", ", ".join(f"{name} {by_name[name]:,.0f}" for name in sorted(names, key=by_name.get, reverse=True)
                           if by_name[name] >= 0.5))
    print(f"  Redis spends on scripts {mean([row['script_us'] for row in rows]) / 1e4:.2f} % of a processor")
    shares = {name: 100 * seconds / len(rows) for name, seconds in cpu.items() if seconds / len(rows) >= 0.0005}
    print("  of a processor:", ", ".join(f"{name} {share:.1f} %" for name, share in sorted(shares.items())))
    print(f"  failed {sum(row['failed'] for row in rows)}, the latest question {max(row['late_ms'] for row in rows)} ms late")


def main():
    end = sys.argv.index("--")
    path, warm_up, seconds, table, *pairs = sys.argv[1:end]
    groups = {name: int(pid) for name, pid in (pair.split("=") for pair in pairs)}
    command = [*sys.argv[end + 1:], str(int(warm_up) + int(seconds))]
    report(*play(Redis(path), command, groups, int(warm_up), table))


main()
