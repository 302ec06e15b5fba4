"""
Pairs of things in alternating rounds.

Only what is measured in the same run on the same machine can be compared: each round measures a thing, its ceiling and
its peer one after the other, the order changes every round, and a ratio is the median of the rounds' own ratios.
"""
import itertools
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import cases
from meter import Meter

# A sample is dirty when programs that are not ours used more than this share of the machine. Before each sample we wait
# for a quiet moment, for as long as --patience says.
DIRTY_SHARE = 0.10
DIRTY_RETRIES = 1
QUIET_LOOK_S = 0.2
DRAIN_WAIT_S = 60
SIDES = ("thing", "ceiling", "peer")
# ab makes room for all of its requests beforehand.
AB_REQUESTS_A_SECOND = 200000


class Bench:
    def __init__(self, settings):
        self.settings = settings
        self.meter = Meter(settings["groups"])
        self.counters = {}
        self.client = []  # what a program that asks is started with

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
        line = self.redis_command("INFO", "commandstats").split(f"cmdstat_{name}:")[1]
        return float(line.split("usec_per_call=")[1].split(",")[0])

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
        command = [*self.client, "wrk", "-t", str(self.settings["wrk_threads"]),
                   "-c", str(self.settings["connections"]), "-d", f"{seconds}s", "--timeout", "10s",
                   "-s", f"{self.settings['wrk']}/{side['lua']}", side["url"]]
        self.meter.begin()
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        if drain:
            self.wait_for_drain()
        used = self.meter.end()
        said = json.loads(done.stdout[done.stdout.index('{"requests"'):])
        rate = said["requests"] / (said["microseconds"] / 1e6)
        # What was sent and not answered before the end counts, too, and one that wrk makes to look at.
        self.counters[counter] = self.counters.get(counter, 0) + said["requests"] + self.settings["connections"] + 1
        return {**said, **used, "rate": rate,
                "cpu_us": {kind: s * 1e6 / said["requests"] for kind, s in used["cpu_s"].items()}}

    def ab(self, side, seconds):
        """The same once more by ab, which measures by other means and speaks HTTP/1.0."""
        most = seconds * AB_REQUESTS_A_SECOND
        with tempfile.NamedTemporaryFile(suffix=".csv") as table:
            command = [*self.client, "ab", "-q", "-k", "-l", "-c", str(self.settings["connections"]), "-t", str(seconds),
                       "-n", str(most), "-e", table.name, side["url"]]
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
            refuse_repetition(case, result)
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


def refuse_repetition(case, result):
    """Who joins twice has joined already, and a seat can be held once: a longer round would measure something else."""
    if result["requests"] > case.get("most", result["requests"]):
        raise RuntimeError(f"{case['name']}: {result['requests']:,} requests in a round, but only {case['most']:,} that are "
                           "not a repetition; use fewer --seconds")


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


def alone(case):
    """A case without what it is compared with."""
    return {key: value for key, value in case.items() if key not in ("ceiling", "peer")}


def measure_alone(bench, case):
    make_ready(bench, case)
    return sum_up(bench.rounds(alone(case))["thing"])


def measure_by_ab(bench, case):
    """What nginx answers by itself, in alternating rounds as well."""
    sides = [name for name in SIDES if name in case]
    samples = {name: [] for name in sides}
    for number in range(bench.settings["rounds"]):
        for name in sides if number % 2 == 0 else reversed(sides):
            samples[name].append(bench.ab(case[name], bench.settings["seconds"]))
    told = {}
    for name in sides:
        told[name] = {key: median([sample[key] for sample in samples[name]]) for key in samples[name][0]}
    if "ceiling" in told:
        told["ratio"] = median([a["rate"] / b["rate"] for a, b in zip(samples["thing"], samples["ceiling"])])
    return told


# ---- before a case ---------------------------------------------------------------------------------------------------

def ask(url, method="GET", token=None, body=None):
    """One request: status and body."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"ask-{time.time_ns()}"} if token else {}
    if body:
        headers["Content-Type"] = "application/json"
    request = urllib.request.Request(url, data=body and body.encode(), headers=headers, method=method)
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
    if case["name"] in cases.TRIALS:
        try_once(bench, case)


def token_of(settings, number):
    with open(settings["tokens"], encoding="ascii") as file:
        return next(itertools.islice(file, number % settings["fans"], None)).strip()


def try_once(bench, case):
    """Do the thing and the peer do what they are meant to do? A round would measure how quickly they do something else."""
    for name in ("thing", "peer"):
        if name not in case:
            continue
        if "reset" in case:
            bench.redis(*case["reset"])
        side = case[name]
        number = bench.counters.get(side["counter"], 0)
        trial = cases.TRIALS[case["name"]](bench.settings, int(side["env"]["BENCH_CONCERT"]), number)
        status, said = ask(side["url"] + cases.API + trial.path, trial.method, token_of(bench.settings, trial.fan), trial.body)
        if status != trial.status:
            raise RuntimeError(f"{case['name']}: expected {trial.status} of {name}, got {status}: {said}")
        if trial.leaves and bench.redis_command(*trial.leaves).strip() != "1":
            raise RuntimeError(f"{case['name']}: {name} answered {status}, but {trial.leaves} is not 1")
        bench.counters[side["counter"]] = number + 1
