"""From the start of the worker to its first answer, and the memory of all processes."""
import os
import subprocess
import time

import cases
from fastcgi import Connection
from meter import processes
from rounds import median

ANSWER_S = 10
FRONTROW = ("web-", "gate", "relay", "consumer")


def ask(path, uri):
    """None until somebody answers."""
    try:
        with Connection(path, ANSWER_S) as connection:
            return connection.ask((("REQUEST_METHOD", "GET"), ("REQUEST_URI", uri), ("REQUEST_ID", "bench")))
    except OSError:
        return None


def start_once(settings, uri):
    """From the start of the program to its first answer, in milliseconds."""
    path = f"{settings['start_run']}/web-fast.sock"
    if os.path.exists(path):
        os.unlink(path)
    began = time.monotonic()
    with subprocess.Popen(["frontrow-web", "-c", settings["start_conf"], "--pool", "fast"],
                          stderr=subprocess.DEVNULL) as program:
        try:
            while b" 200 " not in (answer := ask(path, uri) or b""):
                if time.monotonic() - began > ANSWER_S:
                    raise RuntimeError(f"frontrow-web did not answer {uri}: {answer}")
                time.sleep(0.0005)
            return (time.monotonic() - began) * 1000
        finally:
            program.terminate()


def measure_start(bench, _):
    settings = bench.settings
    result = {"name": "start", "what": "frontrow-web (fast pool) to its first answer", "target": "< 200 ms"}
    for uri, name in (("/healthz", "first_answer_ms"),
                      (f"{cases.API}/concerts/{settings['stadium']}/board", "with_redis_ms")):
        times = [start_once(settings, uri) for _ in range(settings["rounds"])]
        result[name] = {"median": median(times), "most": max(times)}
    return result


def measure_memory(bench, _):
    """Resident memory of all Frontrow processes. Pss counts a page that several share once."""
    names = {group: name for name, group in bench.settings["groups"].items() if name.startswith(FRONTROW)}
    rows = []
    for pid, group, _ in processes():
        if group not in names:
            continue
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            sizes = dict(line.split()[:2] for line in file if line.startswith(("Rss:", "Pss:")))
        rows.append({"name": names[group], "rss_mb": int(sizes["Rss:"]) / 1024, "pss_mb": int(sizes["Pss:"]) / 1024})
    return {"name": "memory", "what": "all Frontrow processes, after what was measured before", "target": "< 80 MB",
            "processes": rows,
            "rss_mb": sum(row["rss_mb"] for row in rows), "pss_mb": sum(row["pss_mb"] for row in rows)}
