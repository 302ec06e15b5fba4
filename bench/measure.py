#!/usr/bin/env python3
"""Measure pairs of things in alternating rounds, and print what came out.

Started by bench/run, which has the stack up and says all that is to be known:
    measure.py SETTING=VALUE… NAME…

Only what is measured in the same run on the same machine can be compared: each round measures a thing and its ceiling
one after the other, the order changes every round, and the ratio is the median of the rounds' own ratios.
"""
import json
import os
import socket
import statistics
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request

import cases

TICKS = os.sysconf("SC_CLK_TCK")
# A sample is dirty when programs that are not ours used more than this share of the machine. Before each sample we wait
# for a quiet moment, but not for ever.
DIRTY_SHARE = 0.10
DIRTY_RETRIES = 2
QUIET_WAIT_S = 30
QUIET_LOOK_S = 0.2


# ---- processor time --------------------------------------------------------------------------------------------------

def processes():
    """Every process: its id, group, and processor time in ticks."""
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        yield int(name), int(fields[2]), int(fields[11]) + int(fields[12])


def cpu_by_group(groups):
    """Ticks used so far by each named group of processes."""
    names = {group: name for name, group in groups.items()}
    used = dict.fromkeys(groups, 0)
    for _, group, ticks in processes():
        if group in names:
            used[names[group]] += ticks
    return used


def cpu_of_machine():
    """Ticks that all processors were busy, and that the host took away."""
    with open("/proc/stat", encoding="ascii") as file:
        fields = [int(field) for field in file.readline().split()[1:9]]
    user, nice, system, _, _, irq, softirq, steal = fields
    return user + nice + system + irq + softirq, steal


class Meter:
    """Processor time between begin() and end(), by kind of process."""

    def __init__(self, groups):
        self.groups = groups

    def begin(self):
        self.before = cpu_by_group(self.groups), cpu_of_machine(), os.times(), time.monotonic()

    def end(self):
        groups, machine, own, at = cpu_by_group(self.groups), cpu_of_machine(), os.times(), time.monotonic()
        before_groups, before_machine, before_own, before_at = self.before
        wall = at - before_at
        kinds = {}
        for name, ticks in groups.items():
            kind = name.split("-")[0]
            kinds[kind] = kinds.get(kind, 0) + (ticks - before_groups[name]) / TICKS
        driver = sum(own[:4]) - sum(before_own[:4])
        busy = (machine[0] - before_machine[0]) / TICKS
        other = max(0.0, busy - sum(kinds.values()) - driver)
        stolen = (machine[1] - before_machine[1]) / TICKS
        return {"cpu_s": kinds, "driver_s": driver, "other_share": (other + stolen) / (wall * os.cpu_count())}


# ---- wrk -------------------------------------------------------------------------------------------------------------

class Bench:
    def __init__(self, settings):
        self.settings = settings
        self.meter = Meter(settings["groups"])

    def redis(self, script, *args):
        """Run a Lua script in the stack's Redis."""
        command = ["redis-cli", "-s", self.settings["redis"], "EVAL", script, "0", *map(str, args)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        if done.stdout.startswith(("ERR", "(error)")) or "rror" in done.stdout[:40]:
            raise RuntimeError(done.stdout)
        return done.stdout

    def wrk(self, side, seconds):
        environment = dict(os.environ, BENCH_WRK=self.settings["wrk"], **side.get("env", {}))
        command = ["wrk", "-t", str(self.settings["wrk_threads"]), "-c", str(self.settings["connections"]),
                   "-d", f"{seconds}s", "--timeout", "10s", "-s", f"{self.settings['wrk']}/{side['lua']}", side["url"]]
        self.meter.begin()
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        used = self.meter.end()
        said = json.loads(done.stdout[done.stdout.index('{"requests"'):])
        rate = said["requests"] / (said["microseconds"] / 1e6)
        return {**said, **used, "rate": rate,
                "cpu_us": {kind: s * 1e6 / said["requests"] for kind, s in used["cpu_s"].items()}}

    def wait_for_quiet(self):
        """Let others finish what they are doing."""
        until = time.monotonic() + QUIET_WAIT_S
        while time.monotonic() < until:
            self.meter.begin()
            time.sleep(QUIET_LOOK_S)
            if self.meter.end()["other_share"] <= DIRTY_SHARE:
                return

    def sample(self, side, reset):
        """One measurement; again when others used the machine at the same time."""
        for _ in range(1 + DIRTY_RETRIES):
            self.wait_for_quiet()
            if reset:
                self.redis(*reset)
            result = self.wrk(side, self.settings["seconds"])
            if result["other_share"] <= DIRTY_SHARE:
                break
        result["dirty"] = result["other_share"] > DIRTY_SHARE
        return result

    def rounds(self, case):
        """Alternating rounds of a thing and its ceiling, after one of each that does not count."""
        sides = [name for name in ("thing", "ceiling") if name in case]
        results = {name: [] for name in sides}
        for name in sides:
            if case.get("reset"):
                self.redis(*case["reset"])
            self.wrk(case[name], 1)
        for number in range(self.settings["rounds"]):
            for name in sides if number % 2 == 0 else reversed(sides):
                results[name].append(self.sample(case[name], case.get("reset")))
            print(".", end="", file=sys.stderr, flush=True)
        return results


def median(values):
    return statistics.median(values) if values else None


def sum_up(samples):
    kinds = sorted({kind for sample in samples for kind in sample["cpu_us"]})
    cpu = {kind: median([sample["cpu_us"].get(kind, 0) for sample in samples]) for kind in kinds}
    return {"rate": median([sample["rate"] for sample in samples]),
            "p50_ms": median([sample["p50_us"] for sample in samples]) / 1000,
            "p99_ms": median([sample["p99_us"] for sample in samples]) / 1000,
            "p999_ms": median([sample["p999_us"] for sample in samples]) / 1000,
            "refused": sum(sample["refused"] for sample in samples),
            "broken": sum(sample["broken"] for sample in samples),
            "requests": sum(sample["requests"] for sample in samples),
            "dirty": sum(sample["dirty"] for sample in samples),
            "cpu_us": {kind: us for kind, us in cpu.items() if us >= 0.05},
            "server_cpu_us": median([sum(sample["cpu_us"].values()) for sample in samples])}


def measure(bench, case):
    samples = bench.rounds(case)
    result = {"name": case["name"], "what": case["what"], "target": case.get("target"),
              "thing": sum_up(samples["thing"]), "samples": samples}
    if "ceiling" in case:
        pairs = [a["rate"] / b["rate"] for a, b in zip(samples["thing"], samples["ceiling"])]
        result["ceiling"] = sum_up(samples["ceiling"])
        result["ceiling"]["what"] = case["ceiling"]["what"]
        result["ratio"] = {"median": median(pairs), "least": min(pairs), "most": max(pairs)}
    return result


# ---- start and memory ------------------------------------------------------------------------------------------------

def fastcgi_get(path, uri):
    """Ask a worker directly, as nginx would. None until it answers."""
    def record(kind, content):
        return struct.pack("!BBHHBx", 1, kind, 1, len(content), 0) + content

    parameters = b""
    for name, value in (("REQUEST_METHOD", "GET"), ("REQUEST_URI", uri), ("REQUEST_ID", "bench")):
        parameters += bytes((len(name), len(value))) + name.encode() + value.encode()
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(path)
            connection.sendall(record(1, struct.pack("!HB5x", 1, 0)) + record(4, parameters) + record(4, b"") +
                               record(5, b""))
            return connection.recv(4096)
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
        while (answer := fastcgi_get(path, uri)) is None or b" 200 " not in answer.split(b"\r\n")[0] + b" ":
            if time.monotonic() - began > 10:
                raise RuntimeError(f"frontrow-web did not answer {uri}: {answer}")
            time.sleep(0.0005)
        took = time.monotonic() - began
        program.terminate()
    return took * 1000


def measure_start(settings):
    result = {"name": "start", "what": "frontrow-web (fast pool) to its first answer", "target": "< 200 ms"}
    for uri, name in (("/healthz", "first_answer_ms"), ("/readyz", "with_mysql_and_redis_ms")):
        times = [start_once(settings, uri) for _ in range(settings["rounds"])]
        result[name] = {"median": median(times), "most": max(times)}
    return result


def measure_memory(settings):
    """Resident memory of all Frontrow processes. Pss counts a page that several share once."""
    groups = {group for name, group in settings["groups"].items() if name in settings["frontrow"]}
    count, rss, pss = 0, 0, 0
    for pid, group, _ in processes():
        if group not in groups:
            continue
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            sizes = dict(line.split()[:2] for line in file if line.startswith(("Rss:", "Pss:")))
        count, rss, pss = count + 1, rss + int(sizes["Rss:"]), pss + int(sizes["Pss:"])
    return {"name": "memory", "what": "all Frontrow processes, after what was measured before", "target": "< 80 MB",
            "processes": count, "rss_mb": rss / 1024, "pss_mb": pss / 1024}


# ---- the table -------------------------------------------------------------------------------------------------------

def cpu_text(side):
    parts = [f"{kind} {us:.0f}" for kind, us in sorted(side["cpu_us"].items(), key=lambda item: -item[1]) if us >= 0.5]
    return f"{side['server_cpu_us']:.0f} = " + " + ".join(parts)


def row(label, side):
    return (f"{label:<22}{side['rate']:>9,.0f}{side['p50_ms']:>8.2f}{side['p99_ms']:>8.2f}{side['p999_ms']:>8.2f}"
            f"{side['p99_ms'] / side['p50_ms']:>8.1f}{side['refused'] + side['broken']:>8}{side['dirty']:>7}"
            f"   {cpu_text(side)}")


def print_table(results):
    print(f"{'':<22}{'req/s':>9}{'p50 ms':>8}{'p99 ms':>8}{'p99.9':>8}{'p99/p50':>8}{'errors':>8}{'dirty':>7}"
          "   server CPU µs per request")
    for result in results:
        if "thing" in result:
            print(row(result["name"], result["thing"]))
        if "ceiling" in result:
            ratio = result["ratio"]
            print(row("  " + result["ceiling"]["what"], result["ceiling"]))
            target = f", to reach: {result['target']}" if result.get("target") else ""
            print(f"  ratio {ratio['median']:.3f} ({ratio['least']:.2f} to {ratio['most']:.2f}){target}")
        if result["name"] == "start":
            for name, label in (("first_answer_ms", "first answer"), ("with_mysql_and_redis_ms", "/readyz")):
                print(f"start, {label:<15}{result[name]['median']:>9.0f} ms (at most {result[name]['most']:.0f}), "
                      f"to reach: {result['target']}")
        if result["name"] == "memory":
            print(f"memory, {result['processes']} processes: {result['rss_mb']:.1f} MB resident (shared pages counted "
                  f"once: {result['pss_mb']:.1f} MB), to reach: {result['target']}")


# ---- before and after ------------------------------------------------------------------------------------------------

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
            settings[name] = int(value) if value.isdigit() and name not in ("hall", "stadium") else value
    settings["frontrow"] = [name for name in settings["groups"]
                            if name.startswith("web-") or name in ("gate", "relay", "consumer")]
    return settings


def ask(url, method="GET", token=None, body=None):
    """One request: status and body."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if body:
        headers["Content-Type"] = "application/json"
    request = urllib.request.Request(url, data=body, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def make_ready(bench, case):
    """Bring about what the case starts from, and try once that it does what it is meant to do."""
    settings = bench.settings
    for script in ("prepare", "reset"):
        if script in case:
            bench.redis(*case[script])
    if "document" in case:
        status, body = ask(case["thing"]["url"])
        with open(f"{settings['ui']}/bench/{case['name']}.json", "wb") as file:
            file.write(body)
        if status != 200:
            raise RuntimeError(f"{case['thing']['url']} answered {status}: {body}")
    if "expect" in case:
        with open(settings["tokens"], encoding="ascii") as file:
            token = file.readline().strip()
        environment = case["thing"]["env"]
        body = b'{"seats":[1]}' if environment["BENCH_SEATS"] != "0" else None
        status, body = ask(case["thing"]["url"], environment["BENCH_METHOD"], token, body)
        if status != case["expect"]:
            raise RuntimeError(f"{case['name']}: expected {case['expect']}, got {status}: {body}")


def main():
    settings = read_settings(sys.argv[1:])
    bench = Bench(settings)
    known = cases.cases(settings)
    results = []
    with open(f"{settings['ui']}/bench/static.json", "w", encoding="ascii") as file:
        file.write("x" * 900)
    for name in settings["names"]:
        case = known[name]
        print(f"  {name:<14}", end="", file=sys.stderr, flush=True)
        if name == "start":
            results.append(measure_start(settings))
        elif name == "memory":
            results.append(measure_memory(settings))
        else:
            make_ready(bench, case)
            results.append(measure(bench, case))
        print(file=sys.stderr)
    with open(settings["output"], "w", encoding="utf-8") as file:
        json.dump({"about": settings["about"], "results": results}, file, indent=1, ensure_ascii=False)
        file.write("\n")
    print_table(results)


if __name__ == "__main__":
    main()
