"""Those who do not wait: more and more of them, what comes after that, and whole fans."""
import json
import os
import subprocess
import sys

import cases
import chart
from placement import Apart

# Of what the server can do at most; the last ones are more than it can.
LOADS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
# Of the one processor, for what nginx passes requests on to.
BACK_SHARE = 0.5
OVERLOAD_S = 3
CALM_S = 4
CONNECTIONS = "4000"


class Crowd:
    """bench/arrivals: a crowd at a rate, whether or not those before them were answered."""

    def __init__(self, bench, kind, concert, first=0, prepare=None, share=None):
        self.bench, self.kind, self.concert, self.first, self.prepare = bench, kind, concert, first, prepare
        self.share = share

    def run(self, phases):
        settings = self.bench.settings
        if self.prepare:
            self.prepare()
            self.first = 0
        port = settings["url"].rpartition(":")[2]
        words = [*self.bench.client, f"{settings['programs']}/arrivals", port, self.kind,
                 ",".join(f"{rate:.0f}:{seconds}" for rate, seconds in phases), settings["tokens"], str(self.concert),
                 str(settings["date"]), str(self.first), CONNECTIONS, str(settings["seats"])]
        done = subprocess.run(words, check=True, capture_output=True, text=True)
        said = json.loads(done.stdout)
        said["complaints"] = done.stderr.splitlines()[:5]
        self.first += said["due"]
        return said


def load_row(said, rate, seconds, used):
    return {"offered": said["due"] / seconds, "wanted": rate, "accepted": said["in_time"]["ok"] / seconds,
            "refused": said["in_time"]["refused"] / seconds, "broken": said["broken"]["count"] + said["unanswered"],
            "other": said["other"]["count"],
            "p50_ms": said["ok"]["p50_us"] / 1000, "p99_ms": said["ok"]["p99_us"] / 1000,
            "refused_p99_ms": said["refused"]["p99_us"] / 1000, "without_hint": said["refused_without_hint"],
            "late_p99_ms": said["late"]["p99_us"] / 1000,
            "busy": {kind: cpu_s / seconds for kind, cpu_s in used["cpu_s"].items()},
            "crowd_busy": used["driver_s"] / seconds, "other_share": used["other_share"]}


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


def measure_overload(bench, crowd, title):
    """More and more arrives, up to twice of what can be answered; and what comes after that."""
    if crowd.share and os.geteuid() != 0:
        raise RuntimeError("to bound what others have of a processor needs root; overload-shared does without")
    with Apart(bench, crowd.share):
        return overload(bench, crowd, title)


def ask_for_place(bench, share):
    settings = bench.settings
    bench.redis(cases.QUEUE, settings["hall"], settings["fans"], cases.NUMBERS_END, cases.INSIDE)
    return measure_overload(bench, Crowd(bench, "status", settings["hall"], share=share),
                            "Asking for one's place in the queue")


def measure_status(bench, _):
    return ask_for_place(bench, BACK_SHARE)


def measure_shared(bench, _):
    return ask_for_place(bench, None)


def pay_halls(bench):
    return [bench.settings["pay_hall"] + number for number in range(bench.settings["halls"])]


def measure_hold(bench, _):
    def give_back():
        for concert in pay_halls(bench):
            bench.redis(cases.HALL, concert, bench.settings["seats"], bench.settings["seats"] // cases.SEATS_A_FAN)

    crowd = Crowd(bench, "hold", bench.settings["pay_hall"], prepare=give_back, share=BACK_SHARE)
    return measure_overload(bench, crowd, "Holding a seat")


def measure_pay(bench, _):
    for concert in pay_halls(bench):
        bench.redis(cases.HELD, concert, bench.settings["seats"])
    crowd = Crowd(bench, "pay", bench.settings["pay_hall"], first=bench.counters.get("pay thing", 0))
    result = measure_overload(bench, crowd, "Paying for a seat")
    bench.counters["pay thing"] = crowd.first
    return result


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
    name = crowd.kind + "-share" * bool(crowd.share)
    picture = bench.settings["output"].removesuffix(".json") + f"-overload-{name}.svg"
    bound = f"; what nginx guards has at most {crowd.share} of a processor" if crowd.share else ""
    chart.draw(picture, title + bound, rows)
    return {"name": "overload", "kind": crowd.kind, "share": crowd.share, "peak": peak, "loads": rows, "picture": picture,
            "what": f"{crowd.kind}; all that answers has one processor, the crowd another{bound}",
            "accepted_at_twice": rows[-1]["accepted"] / max(row["accepted"] for row in rows),
            "recovered_after_s": seconds_to_recover(over, 2, OVERLOAD_S), "slots": over["slots"]}


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
