#!/usr/bin/env python3
"""Measure pairs of things in alternating rounds, and print what came out.

Started by bench/run, which has the stack up and says all that is to be known:
    measure.py SETTING=VALUE… NAME…

Only what is measured in the same run on the same machine can be compared: each round measures a thing and its ceiling
one after the other, the order changes every round, and the ratio is the median of the rounds' own ratios.
"""
import json
import os
import re
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import cases
import chart
import instructions

TICKS = os.sysconf("SC_CLK_TCK")
# A sample is dirty when programs that are not ours used more than this share of the machine. Before each sample we wait
# for a quiet moment, for as long as --patience says.
DIRTY_SHARE = 0.10
DIRTY_RETRIES = 1
QUIET_LOOK_S = 0.2
DRAIN_WAIT_S = 60
SIDES = ("thing", "ceiling", "peer")
# ab makes room for all of its requests beforehand.
AB_REQUESTS_A_SECOND = 200000


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
        self.counters = {}
        self.wrk_prefix = []

    def redis_command(self, *words):
        command = ["redis-cli", "-s", self.settings["redis"], "-e", *map(str, words)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"redis: {done.stdout} {done.stderr}")
        return done.stdout

    def redis(self, script, *args):
        """Run a Lua script in the stack's Redis."""
        return self.redis_command("EVAL", script, 0, *args)

    def command_us(self, name):
        """How long Redis takes for a command, on average since its statistics were cleared."""
        return float(self.redis_command("INFO", "commandstats").split(f"cmdstat_{name}:")[1].split("usec_per_call=")[1].split(",")[0])

    def sql(self, statement, before=""):
        """Run a statement as the administrator; its one value."""
        command = ["mariadb", "--no-defaults", f"--socket={self.settings['mariadb']}", "--batch", "--skip-column-names",
                   "frontrow", "-e", f"{before};{statement}" if before else statement]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def wrk(self, side, seconds, drain=False):
        """One run of wrk. With drain, what the events cost afterwards belongs to the requests, too."""
        counter = side.get("counter")
        environment = dict(os.environ, BENCH_WRK=self.settings["wrk"], BENCH_FIRST=str(self.counters.get(counter, 0)),
                           **side.get("env", {}))
        command = [*self.wrk_prefix, "wrk", "-t", str(self.settings["wrk_threads"]),
                   "-c", str(self.settings["connections"]), "-d", f"{seconds}s", "--timeout", "10s",
                   "-s", f"{self.settings['wrk']}/{side['lua']}", side["url"]]
        self.meter.begin()
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        if drain:
            self.wait_for_drain()
        used = self.meter.end()
        said = json.loads(done.stdout[done.stdout.index('{"requests"'):])
        rate = said["requests"] / (said["microseconds"] / 1e6)
        # What was sent and not answered before the end counts, too.
        self.counters[counter] = self.counters.get(counter, 0) + said["requests"] + self.settings["connections"]
        return {**said, **used, "rate": rate,
                "cpu_us": {kind: s * 1e6 / said["requests"] for kind, s in used["cpu_s"].items()}}

    def ab(self, side, seconds):
        """The same once more by ab, which measures by other means and speaks HTTP/1.0."""
        most = seconds * AB_REQUESTS_A_SECOND
        with tempfile.NamedTemporaryFile(suffix=".csv") as table:
            command = ["ab", "-q", "-k", "-l", "-c", str(self.settings["connections"]), "-t", str(seconds), "-n", str(most),
                       "-e", table.name, side["url"]]
            said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            with open(table.name, encoding="ascii") as file:
                times = dict(line.strip().split(",") for line in file if line[0].isdigit())

        def number(label):
            found = re.search(rf"^{label}:\s+([\d.]+)", said, re.MULTILINE)
            return float(found[1]) if found else 0

        return {"rate": number("Requests per second"), "p50_ms": float(times["50"]), "p99_ms": float(times["99"]),
                "errors": int(number("Failed requests") + number("Non-2xx responses"))}

    def wait_for_quiet(self):
        """Let others finish what they are doing."""
        until = time.monotonic() + self.settings.get("patience", 0)
        while time.monotonic() < until:
            self.meter.begin()
            time.sleep(QUIET_LOOK_S)
            if self.meter.end()["other_share"] <= DIRTY_SHARE:
                return

    def wait_for_drain(self):
        """Let the events of the round before reach everybody."""
        until = time.monotonic() + DRAIN_WAIT_S
        while int(self.sql("SELECT COUNT(*) FROM outbox")) > 0:
            if time.monotonic() > until:
                raise RuntimeError("the outbox does not drain")
            time.sleep(0.05)

    def before(self, case):
        if "reset" in case:
            self.redis(*case["reset"])
        if case.get("drain"):
            self.wait_for_drain()

    def sample(self, case, name):
        """One measurement; again when others used the machine at the same time."""
        for _ in range(1 + DIRTY_RETRIES):
            self.wait_for_quiet()
            self.before(case)
            result = self.wrk(case[name], self.settings["seconds"], case.get("drain"))
            if result["other_share"] <= DIRTY_SHARE:
                break
        result["dirty"] = result["other_share"] > DIRTY_SHARE
        return result

    def rounds(self, case):
        """Alternating rounds of a thing, its ceiling and its peer, after one of each that does not count."""
        sides = [name for name in SIDES if name in case]
        results = {name: [] for name in sides}
        for name in sides:
            self.before(case)
            self.wrk(case[name], 1)
        for number in range(self.settings["rounds"]):
            for name in sides if number % 2 == 0 else reversed(sides):
                results[name].append(self.sample(case, name))
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


def compare(things, others):
    """How many times as many requests, and how much of the processor time for each, as the medians of the rounds."""
    rates = [a["rate"] / b["rate"] for a, b in zip(things, others)]
    costs = [sum(a["cpu_us"].values()) / sum(b["cpu_us"].values()) for a, b in zip(things, others)]
    return {"rate": median(rates), "rate_least": min(rates), "rate_most": max(rates), "cpu": median(costs)}


def measure(bench, case):
    samples = bench.rounds(case)
    result = {"name": case["name"], "what": case["what"], "target": case.get("target"), "samples": samples}
    for name in samples:
        result[name] = sum_up(samples[name])
        result[name]["what"] = case[name].get("what", case["name"])
        if name != "thing":
            result[f"to_{name}"] = compare(samples["thing"], samples[name])
    if case.get("ab"):
        result["ab"] = measure_by_ab(bench, case)
    return result


def measure_by_ab(bench, case):
    """What nginx answers by itself, in alternating rounds as well."""
    sides = [name for name in SIDES if name in case]
    samples = {name: [] for name in sides}
    for number in range(bench.settings["rounds"]):
        for name in sides if number % 2 == 0 else reversed(sides):
            samples[name].append(bench.ab(case[name], bench.settings["seconds"]))
    told = {name: {key: median([sample[key] for sample in samples[name]]) for key in samples[name][0]} for name in sides}
    if "ceiling" in told:
        told["ratio"] = median([a["rate"] / b["rate"] for a, b in zip(samples["thing"], samples["ceiling"])])
    return told


# ---- how cost grows --------------------------------------------------------------------------------------------------

def measure_queue_size(bench, known):
    """Asking for one's place in queues of several sizes."""
    settings, rows = bench.settings, []
    case = {"name": "queue-size", "thing": known["status"]["thing"]}
    for size in (1000, 10000, 100000, 1000000):
        bench.redis(cases.QUEUE, settings["hall"], 0, cases.NUMBERS_END, cases.INSIDE)
        for first in range(1, size + 1, cases.STEP):
            bench.redis(cases.CROWD, settings["hall"], first, min(size, first + cases.STEP - 1))
        key = f"wait:{{c{settings['hall']}}}"
        samples = []
        for _ in range(settings["rounds"]):
            bench.redis_command("CONFIG", "RESETSTAT")
            sample = bench.sample(case, "thing")
            sample["script_us"] = bench.command_us("evalsha")
            samples.append(sample)
        memory = int(bench.redis_command("MEMORY", "USAGE", key, "SAMPLES", 0))
        rows.append({"size": size, "memory_mb": memory / 1048576, "status": sum_up(samples),
                     "script_us": median([sample["script_us"] for sample in samples])})
        print(".", end="", file=sys.stderr, flush=True)
    bench.redis(cases.QUEUE, settings["hall"], 0, cases.NUMBERS_END, cases.INSIDE)
    return {"name": "queue-size", "what": "own place, by the number of people waiting", "rows": rows}


def measure_map(bench, _):
    """The hall's seats, made anew for each request (?fresh=1 is not kept) and as nginx keeps them."""
    settings, rows = bench.settings, []
    for concert, seats in ((1, 50), (settings["stadium"], 20000), (settings["hall"], settings["seats"])):
        url = f"{settings['url']}{cases.API}/concerts/{concert}/seats"
        for query, what in (("?fresh=1", "made anew"), ("", "kept")):
            case = {"thing": {"url": url + query, "lua": "get.lua"}}
            size = len(ask(url + query)[1])
            rows.append({"seats": seats, "what": what, "bytes": size,
                         "result": sum_up([bench.sample(case, "thing") for _ in range(settings["rounds"])])})
            print(".", end="", file=sys.stderr, flush=True)
    return {"name": "map", "what": "the hall's seats", "rows": rows}


def measure_relay(bench, _):
    """Events from the outbox to the bus, and until all groups are done with them."""
    settings, rates = bench.settings, []
    count = 10000
    for number in range(settings["rounds"]):
        bench.wait_for_quiet()
        bench.wait_for_drain()
        bench.sql(EVENTS, f"SET @first = {1000000 + number * count}, @count = {count}, @concert = {settings['bare_hall']}")
        began = time.monotonic()
        while int(bench.sql("SELECT COUNT(*) FROM outbox WHERE sent_at IS NULL")) > 0:
            time.sleep(0.01)
        sent = time.monotonic() - began
        bench.wait_for_drain()
        rates.append({"sent_per_s": count / sent, "done_per_s": count / (time.monotonic() - began)})
        print(".", end="", file=sys.stderr, flush=True)
    return {"name": "relay", "what": f"{count} events waiting in the outbox",
            "sent_per_s": median([rate["sent_per_s"] for rate in rates]),
            "done_per_s": median([rate["done_per_s"] for rate in rates]), "samples": rates}


# ---- the slowest, and a core -----------------------------------------------------------------------------------------

TAIL_CASES, TAIL_CONNECTIONS = ("status", "join", "hold", "pay"), (64, 256)
CORE_CASES = ("board", "seats", "status", "join", "hold", "charge", "pay")


def alone(case):
    """A case without what it is compared with."""
    return {key: value for key, value in case.items() if key not in ("ceiling", "peer")}


def measure_alone(bench, case):
    make_ready(bench, case)
    return sum_up(bench.rounds(case)["thing"])


def measure_tails(bench, known):
    """How much slower than the median the slowest of a hundred are, with few connections and with many."""
    rows, usual = [], bench.settings["connections"]
    for name in TAIL_CASES:
        for connections in TAIL_CONNECTIONS:
            bench.settings["connections"] = connections
            rows.append({"kind": name, "connections": connections, "result": measure_alone(bench, alone(known[name]))})
    bench.settings["connections"] = usual
    return {"name": "tails", "what": "p99 / p50", "target": "3", "rows": rows}


def measure_core(bench, known):
    """What one processor carries: all that answers, and what follows from it, on the first one, wrk on the last one."""
    with Pinned(bench.settings["groups"]) as pinned:
        bench.wrk_prefix = pinned.taskset()
        rows = [{"kind": name, "result": measure_alone(bench, alone(known[name]))} for name in CORE_CASES]
        bench.wrk_prefix = []
    return {"name": "core", "what": "everything that answers on one processor, whoever asks on another", "rows": rows}


# ---- those who do not wait -------------------------------------------------------------------------------------------

# Of what the server can do at most; the last ones are more than it can.
LOADS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
# Of the one processor, for what nginx passes requests on to.
BACK_SHARE = 0.5
OVERLOAD_S = 3
CALM_S = 4


class Cgroup:
    """The processor time of some groups of processes together, bounded by the kernel; as root only. Of either version."""

    PERIOD_US = 5000

    def __init__(self, share):
        first = "/sys/fs/cgroup/cpu"
        self.old = os.path.isdir(first)
        self.root = first if self.old else "/sys/fs/cgroup"
        self.path = f"{self.root}/frontrow-bench-{os.getpid()}"
        os.mkdir(self.path)
        quota = int(share * self.PERIOD_US)
        if self.old:
            self.write("cpu.cfs_period_us", self.PERIOD_US)
            self.write("cpu.cfs_quota_us", quota)
        else:
            self.write("cpu.max", f"{quota} {self.PERIOD_US}")

    def write(self, name, what, path=None):
        with open(f"{path or self.path}/{name}", "w", encoding="ascii") as file:
            file.write(str(what))

    def take(self, groups):
        for pid, group, _ in processes():
            if group in groups:
                self.write("cgroup.procs", pid)

    def end(self):
        with open(f"{self.path}/cgroup.procs", encoding="ascii") as file:
            for pid in file.read().split():
                self.write("cgroup.procs", pid, self.root)
        os.rmdir(self.path)


class Pinned:
    """
    All that answers on the first processor, whoever asks on the last one. With a share, what nginx passes requests on
    to has no more than that of the first, so that nginx has the rest.
    """

    def __init__(self, groups, share=None):
        processors = sorted(os.sched_getaffinity(0))
        self.all, self.first, self.crowd = set(processors), {processors[0]}, {processors[-1]}
        self.groups = set(groups.values())
        self.back = {group for name, group in groups.items() if not name.startswith("nginx")}
        self.share, self.cgroup = share, None

    def pin(self, processors):
        for pid, group, _ in processes():
            if group not in self.groups:
                continue
            for thread in os.listdir(f"/proc/{pid}/task"):
                try:
                    os.sched_setaffinity(int(thread), processors)
                except ProcessLookupError:
                    pass

    def taskset(self):
        """What a program that asks is started with: before everybody else on its processor, where that is allowed."""
        first = ["chrt", "--fifo", "1"] if os.geteuid() == 0 else []
        return [*first, "taskset", "-c", ",".join(map(str, self.crowd))]

    def __enter__(self):
        self.pin(self.first)
        if self.share:
            self.cgroup = Cgroup(self.share)
            self.cgroup.take(self.back)
        return self

    def __exit__(self, *_):
        if self.cgroup:
            self.cgroup.end()
        self.pin(self.all)


class Crowd:
    """bench/arrivals: a crowd at a rate, whether or not those before them were answered."""

    def __init__(self, bench, kind, concert, pinned=None, first=0, prepare=None):
        self.bench, self.kind, self.concert, self.pinned, self.first = bench, kind, concert, pinned, first
        self.prepare = prepare

    def run(self, phases):
        settings = self.bench.settings
        if self.prepare:
            self.prepare()
            self.first = 0
        port = settings["url"].rpartition(":")[2]
        words = [f"{settings['programs']}/arrivals", port, self.kind,
                 ",".join(f"{rate:.0f}:{seconds}" for rate, seconds in phases), settings["tokens"], str(self.concert),
                 str(settings["date"]), str(self.first), "4000", str(settings["seats"])]
        if self.pinned:
            words = self.pinned.taskset() + words
        done = subprocess.run(words, check=True, capture_output=True, text=True)
        said = json.loads(done.stdout)
        said["complaints"] = done.stderr.splitlines()[:5]
        self.first += said["due"]
        return said


def load_row(said, rate, seconds, used):
    return {"offered": said["due"] / seconds, "wanted": rate, "accepted": said["in_time"]["ok"] / seconds,
            "refused": said["in_time"]["refused"] / seconds, "broken": said["broken"]["count"] + said["unanswered"],
            "other": said["other"]["count"], "p50_ms": said["ok"]["p50_us"] / 1000, "p99_ms": said["ok"]["p99_us"] / 1000,
            "refused_p99_ms": said["refused"]["p99_us"] / 1000, "without_hint": said["refused_without_hint"],
            "late_p99_ms": said["late"]["p99_us"] / 1000,
            "busy": {kind: cpu_s / seconds for kind, cpu_s in used["cpu_s"].items()}, "crowd_busy": used["driver_s"] / seconds,
            "other_share": used["other_share"]}


def most_accepted(crowd, prepare):
    """What the servers can do at most: more and more arrives until no more is accepted."""
    rate, best = 400, 0
    while True:
        prepare()
        said = crowd.run([(rate, 1)])
        accepted = said["in_time"]["ok"]
        if accepted < 1.1 * best or accepted < 0.7 * said["due"]:
            return max(best, accepted)
        best, rate = accepted, rate * 1.5


def seconds_to_recover(said, before_s, over_s):
    """From the end of the overload until nobody is refused and no slot is slower than the slowest before it."""
    slots, slot_s = said["slots"], said["slot_ms"] / 1000
    calm = sorted(slot[3] for slot in slots[5:int(before_s / slot_s)])
    usual = max(3 * calm[len(calm) // 2], calm[-1])
    after = slots[int((before_s + over_s) / slot_s):]
    bad = [number for number, (_, refused, broken, p99) in enumerate(after) if refused or broken or p99 > usual]
    # One slow slot in a hundred is everyday life.
    while bad and len([number for number in bad if number > bad[-1] - 10]) < 2:
        bad.pop()
    return (bad[-1] + 1) * slot_s if bad else 0.0


def overload_crowds(bench):
    """Who asks for what: one's own place and holds, which cost Redis, and payments, which cost MySQL."""
    settings, counter = bench.settings, "pay thing"
    groups = settings["groups"]
    halls = [settings["pay_hall"] + number for number in range(settings["halls"])]

    def give_back():
        for concert in halls:
            bench.redis(cases.HALL, concert, settings["seats"], settings["seats"] // 4)

    bench.redis(cases.QUEUE, settings["hall"], settings["fans"], cases.NUMBERS_END, cases.INSIDE)
    if os.geteuid() == 0:
        with Pinned(groups, BACK_SHARE) as pinned:
            yield Crowd(bench, "status", settings["hall"], pinned), "Asking for one's place in the queue"
            yield Crowd(bench, "hold", halls[0], pinned, prepare=give_back), "Holding a seat"
    else:
        print("overload with a share of the processor for nginx is left out: it needs root", file=sys.stderr)
    with Pinned(groups) as pinned:
        yield Crowd(bench, "status", settings["hall"], pinned), "Asking for one's place in the queue"
        for concert in halls:
            bench.redis(cases.HELD, concert, settings["seats"])
        payers = Crowd(bench, "pay", halls[0], pinned, bench.counters.get(counter, 0))
        yield payers, "Paying for a seat"
    bench.counters[counter] = payers.first


def measure_overload(bench, _):
    """More and more arrives, up to twice of what can be answered; and what comes after that."""
    parts = []
    for crowd, title in overload_crowds(bench):
        parts.append(overload(bench, crowd, title))
        print_loads(parts[-1])
    return {"name": "overload", "parts": parts}


def overload(bench, crowd, title):
    def prepare():
        bench.wait_for_quiet()
        bench.wait_for_drain()

    peak = most_accepted(crowd, prepare)
    rows = []
    for load in LOADS:
        prepare()
        bench.meter.begin()
        said = crowd.run([(load * peak, OVERLOAD_S)])
        rows.append(load_row(said, load * peak, OVERLOAD_S, bench.meter.end()))
        print(".", end="", file=sys.stderr, flush=True)
    prepare()
    over = crowd.run([(peak / 2, 2), (2 * peak, OVERLOAD_S), (peak / 2, CALM_S)])
    share = f", of which what nginx passes on to has at most {crowd.pinned.share}" if crowd.pinned.share else ""
    name = crowd.kind + "-share" * bool(crowd.pinned.share)
    picture = bench.settings["output"].removesuffix(".json") + f"-overload-{name}.svg"
    bound = f"; what nginx guards has at most {crowd.pinned.share} of a processor" if crowd.pinned.share else ""
    chart.draw(picture, title + bound, rows)
    return {"kind": crowd.kind, "what": f"{crowd.kind}; all that answers has one processor{share}; the crowd has another",
            "peak": peak, "loads": rows, "accepted_at_twice": rows[-1]["accepted"] / max(row["accepted"] for row in rows),
            "recovered_after_s": seconds_to_recover(over, 2, OVERLOAD_S), "picture": picture, "slots": over["slots"]}


def measure_story(bench, _):
    """Whole fans: join, be admitted, look at the seats, hold two, pay, look at the reservations."""
    settings, rows = bench.settings, []
    crowd = Crowd(bench, "story", settings["story_hall"])
    for rate in (25, 50, 100, 200, 400):
        bench.wait_for_quiet()
        bench.wait_for_drain()
        bench.meter.begin()
        said = crowd.run([(rate, 5)])
        bench.wait_for_drain()
        used = bench.meter.end()
        rows.append({"rate": rate, "due": said["due"], "finished": said["ok"]["count"],
                     "broken": said["due"] - said["ok"]["count"], "complaints": said["complaints"],
                     "steps": {name: {"p50_ms": step["p50_us"] / 1000, "p99_ms": step["p99_us"] / 1000}
                               for name, step in said["steps"].items()},
                     "cpu_ms": {kind: s * 1000 / said["due"] for kind, s in used["cpu_s"].items()}})
        print(".", end="", file=sys.stderr, flush=True)
    return {"name": "story", "what": "whole fans' stories; two seats each", "stories": rows}


# Payments that nobody made, in a hall that is paid for elsewhere.
EVENTS = """
INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, created_at)
SELECT numbered.id, 'payment', numbered.number, 'payment.completed', CONCAT('{"event_id":"', numbered.id,
    '","type":"payment.completed","version":1,"payment_id":', numbered.number, ',"account_id":', numbered.number % 50000 + 1,
    ',"concert_id":', @concert, ',"place":0,"amount":100,"paid_at":"2027-03-01T10:00:00.000Z","reservations":[{',
    '"reservation_number":"20990301.', @concert, '.', numbered.number % 50000 + 1, '","seat":', numbered.number % 50000 + 1,
    ',"price":100}]}'), UTC_TIMESTAMP(3)
FROM (SELECT @first + seq AS number, INSERT(INSERT(UUID(), 1, 8, LPAD(HEX(@first + seq), 8, '0')), 15, 1, '4') AS id
    FROM seq_1_to_10000) AS numbered
"""


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
        try:
            while b" 200 " not in (answer := fastcgi_get(path, uri) or b""):
                if time.monotonic() - began > 10:
                    raise RuntimeError(f"frontrow-web did not answer {uri}: {answer}")
                time.sleep(0.0005)
            return (time.monotonic() - began) * 1000
        finally:
            program.terminate()


def measure_start(settings):
    result = {"name": "start", "what": "frontrow-web (fast pool) to its first answer", "target": "< 200 ms"}
    for uri, name in (("/healthz", "first_answer_ms"),
                      (f"{cases.API}/concerts/{settings['stadium']}/board", "with_redis_ms")):
        times = [start_once(settings, uri) for _ in range(settings["rounds"])]
        result[name] = {"median": median(times), "most": max(times)}
    return result


def measure_memory(settings):
    """Resident memory of all Frontrow processes. Pss counts a page that several share once."""
    names = {group: name for name, group in settings["groups"].items() if name in settings["frontrow"]}
    rows = []
    for pid, group, _ in processes():
        if group not in names:
            continue
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            sizes = dict(line.split()[:2] for line in file if line.startswith(("Rss:", "Pss:")))
        rows.append({"name": names[group], "rss_mb": int(sizes["Rss:"]) / 1024, "pss_mb": int(sizes["Pss:"]) / 1024})
    return {"name": "memory", "what": "all Frontrow processes, after what was measured before", "target": "< 80 MB",
            "processes": rows, "rss_mb": sum(row["rss_mb"] for row in rows), "pss_mb": sum(row["pss_mb"] for row in rows)}


# ---- the table -------------------------------------------------------------------------------------------------------

def cpu_text(side):
    parts = [f"{kind} {us:.0f}" for kind, us in sorted(side["cpu_us"].items(), key=lambda item: -item[1]) if us >= 0.5]
    return f"{side['server_cpu_us']:.0f} = " + " + ".join(parts)


def row(label, side):
    return (f"{label:<18}{side['rate']:>9,.0f}{side['p50_ms']:>8.2f}{side['p99_ms']:>8.2f}{side['p999_ms']:>8.2f}"
            f"{side['p99_ms'] / side['p50_ms']:>8.1f}{side['refused'] + side['broken']:>8}{side['dirty']:>7}"
            f"   {cpu_text(side)}")


def print_ab(result):
    sides = ", ".join(f"{result[name]['what']} {side['rate']:,.0f}/s (p50 {side['p50_ms']:.2f}, p99 {side['p99_ms']:.2f} ms, "
                      f"{side['errors']:.0f} errors)" for name, side in result["ab"].items() if name != "ratio")
    ratio = f"; {result['ab']['ratio']:.2f} times the ceiling" if "ratio" in result["ab"] else ""
    print(f"  by ab: {sides}{ratio}")


def print_comparisons(result):
    for name, what in (("ceiling", "the ceiling"), ("peer", "the peer")):
        if f"to_{name}" not in result:
            continue
        told = result[f"to_{name}"]
        target = f"; to reach: {result['target']}" if name == "ceiling" and result.get("target") else ""
        print(f"  {told['rate']:.2f} times {what} ({told['rate_least']:.2f} to {told['rate_most']:.2f}), "
              f"{told['cpu']:.2f} of its server CPU{target}")


def print_rows(result):
    for line in result["rows"]:
        if result["name"] == "queue-size":
            print(row(f"  {line['size']:,} waiting", line["status"]),
                  f"  script {line['script_us']:.0f} µs, {line['memory_mb']:.1f} MB")
        elif result["name"] == "tails":
            print(row(f"  {line['kind']}, {line['connections']}", line["result"]))
        elif result["name"] == "core":
            print(row(f"  {line['kind']}", line["result"]))
        else:
            print(row(f"  {line['seats']:,} {line['what']}", line["result"]), f"  {line['bytes']:,} bytes")


def print_loads(result):
    print(f"overload: {result['what']}")
    print(f"{'arriving/s':>12}{'accepted/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'refused/s':>11}{'p99 ms':>9}{'no hint':>9}"
          f"{'other':>7}{'broken':>8}{'crowd late p99':>16}{'nginx':>7}{'behind':>8}{'crowd':>7}{'else':>6}")
    for line in result["loads"]:
        print(f"{line['offered']:>12,.0f}{line['accepted']:>12,.0f}{line['p50_ms']:>9.2f}{line['p99_ms']:>9.2f}"
              f"{line['refused']:>11,.0f}{line['refused_p99_ms']:>9.2f}{line['without_hint']:>9}{line['other']:>7}"
              f"{line['broken']:>8}{line['late_p99_ms']:>16.2f}{line['busy']['nginx']:>7.2f}"
              f"{sum(line['busy'].values()) - line['busy']['nginx']:>8.2f}{line['crowd_busy']:>7.2f}"
              f"{line['other_share']:>6.2f}")
    print(f"  accepted at twice the peak: {result['accepted_at_twice']:.2f} of it, to reach: 0.9; "
          f"recovered after {result['recovered_after_s']:.1f} s, to reach: 2 s; picture: {result['picture']}", flush=True)


def print_stories(result):
    steps = list(result["stories"][0]["steps"])
    print(f"story{'fans/s':>7}{'broken':>8}" + "".join(f"{name + ' p50/p99':>21}" for name in steps) +
          "   server CPU ms per fan")
    for line in result["stories"]:
        times = "".join(f"{step['p50_ms']:>12.2f}/{step['p99_ms']:<8.2f}" for step in line["steps"].values())
        cpu = ", ".join(f"{kind} {ms:.2f}" for kind, ms in sorted(line["cpu_ms"].items(), key=lambda item: -item[1])
                        if ms >= 0.05)
        print(f"{line['rate']:>12}{line['broken']:>8}{times}   {sum(line['cpu_ms'].values()):.2f} = {cpu}")


def print_head():
    print(f"{'':<18}{'req/s':>9}{'p50 ms':>8}{'p99 ms':>8}{'p99.9':>8}{'p99/p50':>8}{'errors':>8}{'dirty':>7}"
          "   server CPU µs per request")


def print_result(result):
    for name in SIDES:
        if name in result:
            print(row(("" if name == "thing" else "  ") + result[name]["what"], result[name]))
    print_comparisons(result)
    if "ab" in result:
        print_ab(result)
    if result["name"] == "instructions":
        for line in result["rows"]:
            print(f"instructions of the worker, {line['kind']:<8}{line['web']:>9,.0f}  bare {line['bare']:>9,.0f}")
    elif "rows" in result:
        print(result["name"])
        print_rows(result)
    if "stories" in result:
        print_stories(result)
    if result["name"] == "relay":
        print(f"relay: {result['sent_per_s']:,.0f} events/s to the bus, {result['done_per_s']:,.0f} until all groups are done")
    if result["name"] == "start":
        for name, label in (("first_answer_ms", "first answer"), ("with_redis_ms", "first board")):
            print(f"start, {label:<15}{result[name]['median']:>9.0f} ms (at most {result[name]['most']:.0f}), "
                  f"to reach: {result['target']}")
    if result["name"] == "memory":
        print(f"memory, {len(result['processes'])} processes: {result['rss_mb']:.1f} MB resident (shared pages counted "
              f"once: {result['pss_mb']:.1f} MB), to reach: {result['target']}")
    sys.stdout.flush()


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
            settings[name] = int(value) if value.isdigit() else value
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
    for script in case.get("prepare", []):
        bench.redis(*script)
    if "reset" in case:
        bench.redis(*case["reset"])
    if "document" in case:
        status, body = ask(case["thing"]["url"])
        with open(f"{settings['ui']}/bench/{case['name']}.json", "wb") as file:
            file.write(body)
        if status != 200:
            raise RuntimeError(f"{case['thing']['url']} answered {status}: {body}")
    if "expect" in case:
        try_once(bench, case)


def try_once(bench, case):
    """Does each side do what it is meant to do?"""
    with open(bench.settings["tokens"], encoding="ascii") as file:
        token = file.readline().strip()
    for name in SIDES:
        if name not in case:
            continue
        path = f"{cases.API}/concerts/{case[name]['env']['BENCH_CONCERT']}"
        method, path, body = {"status": ("GET", f"{path}/queue", None), "join": ("POST", f"{path}/queue", None),
                              "hold": ("POST", f"{path}/holds", b'{"seats":[1]}')}[case["name"]]
        if "reset" in case:
            bench.redis(*case["reset"])
        status, said = ask(case[name]["url"] + path, method, token, body)
        if status != case["expect"] and name != "ceiling":
            raise RuntimeError(f"{case['name']}: expected {case['expect']} of {name}, got {status}: {said}")


SPECIAL = {"instructions": lambda bench, _: instructions.measure(bench),
           "start": lambda bench, _: measure_start(bench.settings),
           "memory": lambda bench, _: measure_memory(bench.settings),
           "overload": measure_overload, "tails": measure_tails, "core": measure_core,
           "story": measure_story, "queue-size": measure_queue_size, "map": measure_map,
           "relay": measure_relay}


def main():
    settings = read_settings(sys.argv[1:])
    bench = Bench(settings)
    known = cases.cases(settings)
    results = []
    with open(f"{settings['ui']}/bench/static.json", "w", encoding="ascii") as file:
        file.write("x" * 900)
    for name, value in settings["about"].items():
        print(f"{name}: {value}")
    print_head()
    for name in settings["names"]:
        print(f"  {name:<14}", end="", file=sys.stderr, flush=True)
        if name in SPECIAL:
            result = SPECIAL[name](bench, known)
        else:
            make_ready(bench, known[name])
            result = measure(bench, known[name])
        print(file=sys.stderr)
        print_result(result)
        results.append(result)
        with open(settings["output"], "w", encoding="utf-8") as file:
            json.dump({"about": settings["about"], "results": results}, file, indent=1, ensure_ascii=False)
            file.write("\n")


if __name__ == "__main__":
    main()
