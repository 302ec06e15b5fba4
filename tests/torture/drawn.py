"""The draw, as those who were there before the opening saw it: worked out again from the seed and the list that were
published, with docs/draw.py, which shares no code with the server."""
import base64
import collections
import datetime
import hashlib
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs"))

from draw import Shuffle, entries_of  # noqa: E402
from line import LOSES_REDIS, may_have_moved, place_of  # noqa: E402

MARGIN_S = 1


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Draw:
    def __init__(self, said):
        self.at = seconds(said["drawn_at"])
        self.seed, self.list = bytes.fromhex(said["seed"]), base64.b64decode(said["list"])
        self.entries, self.last = set(entries_of(self.list)), said["last_entry"]
        self.number = Shuffle(self.seed, bytes.fromhex(said["entrants_hash"]), self.last).number


def check_published(concert, answers, findings):
    """What was told of the draw, first to last; gives the draw."""
    commitments = {said["commitment"] for _line, said in answers}
    if len(commitments) > 1:
        findings.add("the draw's commitment was changed", concert)
    drawn = [(line, said) for line, said in answers if said["seed"] is not None]
    if len({json.dumps(said, sort_keys=True) for _line, said in drawn}) > 1:
        findings.add("the draw was told in two ways", concert)
    if not drawn:
        findings.add("the draw was never published", f"{concert}: {answers[-1:]}")
        return None
    said = drawn[0][1]
    draw = Draw(said)
    if hashlib.sha256(draw.seed).hexdigest() != said["commitment"]:
        findings.add("the draw's seed is not the one that was promised", concert)
    if hashlib.sha256(draw.list).hexdigest() != said["entrants_hash"] or len(draw.entries) != said["entrants"]:
        findings.add("the draw's list is not the one that was drawn from", concert)
    return draw


def check_opening(opened, draw, answers, faults, findings):
    """Redis's clock says when it opens."""
    opens = seconds(opened["opens_at"])
    first = min(line["to"] for line, said in answers if said["seed"] is not None)
    if first < opens - MARGIN_S and not faults.within("clock", 0, first):
        findings.add("the draw's seed was told before the opening", f"{first} before {opens}")


def check_fan(lines, draw, faults, findings, who):
    """Who was told an entry number and stayed is on the list, and later has the number that was drawn for it."""
    entry, moved, counts = None, False, collections.Counter()
    for line in lines:
        place = place_of(line)
        if place.get("early"):
            entry, told, moved = place["number"], line, False
            continue
        if line["what"] == "leave":
            moved = True
        if entry is None or moved or place.get("state") != "waiting":
            moved = moved or may_have_moved(line, line["concert"])
            continue
        lost = faults.within(LOSES_REDIS, told["from"] - MARGIN_S, line["to"] + MARGIN_S)
        if entry not in draw.entries:
            if not lost:
                findings.add("who was there was not in the draw", f"{who}: entry number {entry}")
        elif place["number"] != draw.number(entry) and not lost:
            findings.add("a number is not the one that was drawn", f"{who}: {place['number']} for entry number {entry}, "
                                                                   f"which is {draw.number(entry)}")
        counts["compared"] += not lost
    return counts


def check_numbers(lines, draw, findings):
    """Whatever happened to Redis, a number from the draw is one account's alone, and that of an entry on the list, or of
    one that this account was told, and then lost with Redis."""
    owners, mine = {}, collections.defaultdict(set)
    drawn = {draw.number(entry) for entry in draw.entries}
    for line in lines:
        if place_of(line).get("early"):
            mine[line["who"]].add(place_of(line)["number"])
    mine = {who: {draw.number(entry) for entry in entries} for who, entries in mine.items()}
    for line in lines:
        place = place_of(line)
        if place.get("state") != "waiting" or place["early"] or place["number"] > draw.last:
            continue
        if place["number"] not in drawn | mine.get(line["who"], set()):
            findings.add("a number that was not drawn", f"account {line['who']}: {place['number']}")
        if owners.setdefault(place["number"], line["who"]) != line["who"]:
            findings.add("two have one number of the draw", f"{place['number']}: {owners[place['number']]}, {line['who']}")


def check(told, faults, findings):
    for opened in (line for line in told.of("concert") if "opens_at" in line):
        concert = opened["concert"]
        answers = [(line, json.loads(line["answer"])) for line in told.of("draw") if line["concert"] == concert]
        draw = check_published(concert, answers, findings)
        if draw is None:
            continue
        check_opening(opened, draw, answers, faults, findings)
        lines = sorted((line for line in told.lines if line.get("concert") == concert and line["who"] and "from" in line),
                       key=lambda one: one["from"])
        check_numbers(lines, draw, findings)
        by_fan, counts = collections.defaultdict(list), collections.Counter()
        for line in lines:
            by_fan[line["who"]].append(line)
        for who, some in by_fan.items():
            counts += check_fan(some, draw, faults, findings, f"account {who}")
        print(f"{len(draw.entries)} of {draw.last} entry numbers drawn, {counts['compared']} times a number compared")
