#!/usr/bin/env python3
"""How large every process is, over time: sizes.py RUN-DIRECTORY LOG writes it down until it is ended; sizes.py LOG
reports: a process has grown when the least that it had in its last third is above that of its middle third by more than
an allowance. What it has in between goes with how many ask at once; a leak is what never goes again.
"""
import json
import os
import sys
import time
from pathlib import Path

EVERY_S = 2
RSS_KB_ALLOWED = 1024
FILES_ALLOWED = 4
OURS = ("web-", "gate", "relay", "consumer")


def members(group):
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[2]) == group:
            yield int(stat.parent.name)


def size(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    rss = next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")), 0)
    return rss, len(os.listdir(f"/proc/{pid}/fd"))


def watch(run, log):
    with open(log, "a", encoding="utf-8") as file:
        while True:
            for pid_file in Path(run).glob("*.pid"):
                if "." in pid_file.stem or not pid_file.stem.startswith(OURS + ("nginx", "redis", "mariadb")):
                    continue
                try:
                    for pid in members(int(pid_file.read_text())):
                        rss, files = size(pid)
                        file.write(json.dumps([time.time(), pid_file.stem, pid, rss, files]) + "\n")
                except (OSError, ValueError):
                    continue
            file.flush()
            time.sleep(EVERY_S)


def thirds(values, which):
    third = len(values) // 3
    return [which(values[i * third:(i + 1) * third]) for i in range(3)]


def report(log):
    rows, grown = {}, []
    with open(log, encoding="utf-8") as file:
        for line in file:
            at, name, pid, rss, files = json.loads(line)
            rows.setdefault((name, pid), []).append((at, rss, files))
    print("process                 minutes   least RSS, kB, by thirds     least files         most files")
    for (name, pid), seen in sorted(rows.items()):
        if len(seen) < 30:
            continue
        rss, files = thirds([one[1] for one in seen], min), thirds([one[2] for one in seen], min)
        most = thirds([one[2] for one in seen], max)
        minutes = (seen[-1][0] - seen[0][0]) / 60
        print(f"{name + ' ' + str(pid):24}{minutes:6.1f}  " + "".join(f"{one:9}" for one in rss) + "   "
              + "".join(f"{one:6}" for one in files) + "  " + "".join(f"{one:6}" for one in most))
        if name.startswith(OURS) and (rss[2] > rss[1] + RSS_KB_ALLOWED or files[2] > files[1] + FILES_ALLOWED):
            grown.append(f"{name} ({pid})")
    print("flat" if not grown else "wrong: not flat: " + ", ".join(grown))
    return 1 if grown or not rows else 0


if __name__ == "__main__":
    sys.exit(report(sys.argv[1]) if len(sys.argv) == 2 else watch(*sys.argv[1:3]))
