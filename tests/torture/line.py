"""The queue and the holds: what Redis may lose, but may not get wrong while it has it."""
import collections
import datetime
import itertools
import json

ADMIT_TTL_S = 30
LEASE_S = 6
# A request of which nobody was told the end may still wait for a process that stands still; so long at the most.
LATE_S = 60
# A lock that was ended by its lease, or lost with Redis, guards nothing.
BREAKS_LOCKS = ("flush", "kill redis", "restart-redis", "pause", "hang-redis", "clock", "stall", "way redis", "cut-redis",
                "full-redis", "way mariadb", "kill mariadb", "locks", "point", "full-disk")
LOSES_REDIS = ("flush", "kill redis", "restart-redis", "clock", "stall", "full-redis")


class Faults:
    def __init__(self, rows):
        self.rows = rows

    def within(self, kinds, start, end):
        return any(row["fault"].startswith(kinds) and row["from"] <= end and row["to"] >= start for row in self.rows)

    def first(self, kinds, start):
        """When the first of these begins that is not over by then."""
        return min((row["from"] for row in self.rows if row["fault"].startswith(kinds) and row["to"] >= start),
                   default=float("inf"))


# ---- looking at Redis from the side -----------------------------------------------------------------------------------


def neighbours(watched):
    """Two looks at one queue, one after the other, between which Redis did not forget."""
    last = {}
    for row in watched:
        if "queue" not in row:
            continue
        before = last.get(row["queue"])
        if before is not None and before["life"] == row["life"] and not row["life"].endswith(" "):
            yield before, row
        last[row["queue"]] = row


def inside(row):
    return len(row["admitted"]) + len(row["active"])


def check_cap(watched, findings):
    for before, row in neighbours(watched):
        if inside(row) > max(row["capacity"], before["capacity"], inside(before)):
            findings.add("more inside than the cap allows",
                         f"concert {row['queue']}: {inside(row)} of {row['capacity']}, {inside(before)} before")


def overtaken(before, row):
    """Who waits still, and who had a later number and is in."""
    waits = [(number, account) for account, number in row["wait"].items() if before["wait"].get(account) == number]
    first = min(waits, default=None)
    if first is None:
        return None
    # Whoever stands in line again may still be among those inside whose time is over.
    for account in (row["admitted"].keys() | row["active"].keys()) - (before["admitted"].keys() | before["active"].keys()):
        number = before["wait"].get(account)
        if number is not None and number > first[0] and row["places"].get(account, "0").split()[0] == f"{number:.0f}":
            return f"concert {row['queue']}: account {account} with {number:.0f} before account {first[1]} with {first[0]:.0f}"
    return None


def check_order(watched, findings):
    for before, row in neighbours(watched):
        wrong = overtaken(before, row)
        if wrong:
            findings.add("somebody was let in out of order", wrong)


class Comings:
    """Whether those who were called came of late. When nobody did for a while, four are called for each who may enter,
    and all of them may come at once."""

    SILENCE_S = 5

    def __init__(self):
        self.came, self.burst_until = {}, {}

    def see(self, row, entered):
        queue, now = row["queue"], row["to"]
        if entered or not row["admitted"]:
            if entered and now - self.came.get(queue, now) > self.SILENCE_S:
                self.burst_until[queue] = now + ADMIT_TTL_S
            self.came[queue] = now
        return now < self.burst_until.get(queue, 0)


def check_rate(watched, findings):
    """Who enters draws from a bucket that fills with the time. docs/decisions/0012 says how much may be in it: ten
    seconds' worth of what others left, and four seconds' worth before it is noticed that all come; four times ten when
    nobody came for a while."""
    level, most, entries, comings = {}, collections.defaultdict(float), 0, Comings()
    for before, row in neighbours(watched):
        queue, rate = row["queue"], max(row["rate"], before["rate"]) / 60
        life, above = level.get(queue, (None, 0.0))
        if rate == 0 or life != row["life"]:
            above = 0.0
        entered = sum(account not in before["active"] for account in row["active"])
        above = max(0.0, above - rate * (row["to"] - before["to"])) + entered
        level[queue] = row["life"], above
        if rate > 0:
            most[queue] = max(most[queue], above)
            entries += entered
        ten = max(4, 10 * rate)
        limit = 4 * ten if comings.see(row, entered) else ten + 4 * max(1, rate)
        if rate > 0 and above > limit + 1:
            findings.add("faster than the rate", f"concert {queue}: {above:.1f} more than {rate * 60:.0f} a minute")
            level[queue] = row["life"], 0.0
    shown = ", ".join(f"{above:.0f} in concert {queue}" for queue, above in most.items())
    print(f"{entries} entries under a rate, at the most above it: {shown}")


def check_numbers(watched, findings):
    for row in watched:
        if "queue" not in row:
            continue
        times = collections.Counter(row["wait"].values())
        twice = [number for number, count in times.items() if count > 1]
        if twice:
            findings.add("two wait with one number", f"concert {row['queue']}: {twice[:3]}")


def check_locks(watched, faults, findings):
    for row in watched:
        if "lock" in row and not faults.within(BREAKS_LOCKS, row["at"] - LEASE_S - 6, row["to"]):
            findings.add("points changed while another had the lock", f"account {row['lock']}: {row['seen']}")


# ---- what the fans were told ------------------------------------------------------------------------------------------


def milliseconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000


class Hold:
    def __init__(self, line, told, hold):
        self.who, self.number = line["who"], hold["reservation_number"]
        self.asked, self.sure = line["from"], line["to"]
        self.until = line["from"] + (milliseconds(hold["expires_at"]) - milliseconds(told["server_now"])) / 1000

    def __repr__(self):
        return f"account {self.who} from {self.sure:.3f} to {self.until:.3f}"


def when(line):
    """From when to when it may have happened; one that was begun before a hold may come after it."""
    return line["from"], float("inf") if line["how"] == "unknown" else line["to"]


def holds_by_seat(told, faults):
    """Each hold as long as it certainly lasts: until its end, or until its owner or a loss of Redis may have ended it."""
    ends, by_seat = collections.defaultdict(list), collections.defaultdict(list)
    for line in told.lines:
        if line["what"] == "leave":
            ends[line["who"], line["concert"]].append(when(line))
        elif line["what"] in ("pay", "release"):
            for number in line.get("numbers", [line.get("number")]):
                ends[line["who"], number].append(when(line))
    for line in told.of("hold"):
        answer = json.loads(line["answer"])
        for hold in (Hold(line, answer, one) for one in answer["holds"]):
            over = ends[hold.who, hold.number] + ends[hold.who, line["concert"]]
            hold.until = min([hold.until, faults.first(LOSES_REDIS, hold.asked)] +
                             [max(start, hold.asked) for start, end in over if end > hold.asked])
            by_seat[hold.number].append(hold)
    return by_seat


def live_at_once(one, other):
    """Whichever came first, it had not ended when the other was there."""
    return one.who != other.who and other.sure < one.until and one.sure < other.until


def check_holds(told, faults, findings):
    count = 0
    for number, holds in holds_by_seat(told, faults).items():
        count += len(holds)
        for one, other in itertools.combinations(holds, 2):
            if live_at_once(one, other):
                findings.add("two live holds on a seat", f"{number}: {one} and {other}")
    print(f"{count} holds")


QUEUE = ("join", "look", "leave", "hold", "pay", "extend")


def place_of(line):
    return json.loads(line["answer"]) if line["what"] in ("join", "look") and line["how"] == "ok" else {}


def still_on_its_way(line, since):
    """A leaving that nobody was told the end of, and that may come to pass after it was given up."""
    return line["what"] == "leave" and line["how"] == "unknown" and line["to"] > since - LATE_S


def may_have_moved(line, concert):
    """Did this take the fan out of the line, or may it have?"""
    if line["what"] in ("leave", "pay", "hold", "extend"):
        return True
    return line["how"] != "ok" or place_of(line).get("state") != "waiting" or line["concert"] != concert


def check_places(told, faults, findings):
    """Who was told a number in the line keeps it, by the ticket even when Redis has forgotten everything."""
    by_fan, checked = collections.defaultdict(list), 0
    for line in told.lines:
        if line["what"] in QUEUE and line["who"] and "concert" in line:
            by_fan[line["who"], line["concert"]].append(line)
    for (who, concert), lines in by_fan.items():
        lines.sort(key=lambda one: one["from"])
        for i, line in enumerate(lines):
            before = told_before(lines, i, concert)
            if before is None:
                continue
            checked += 1
            wrong = lost(before, line, faults)
            if wrong:
                findings.add("a place in the queue was lost", f"account {who}, concert {concert}: {wrong}")
    print(f"{checked} times a place was told again")


def told_before(lines, i, concert):
    """The last answer that gave a number, when nothing since can have changed it."""
    line = lines[i]
    if line["what"] not in ("join", "look") or line["how"] != "ok":
        return None
    for before in reversed(lines[max(0, i - 40):i]):
        if before["to"] < line["from"] and place_of(before).get("state") == "waiting":
            since = [one for one in lines[max(0, i - 80):] if one is not line and one is not before
                     and (one["to"] > before["from"] or still_on_its_way(one, before["from"]))
                     and one["from"] < line["to"]]
            return None if any(may_have_moved(one, concert) for one in since) else before
        if before["to"] < line["from"] and may_have_moved(before, concert):
            return None
    return None


def lost(before, line, faults):
    was, now = place_of(before), place_of(line)
    if was["early"] != now.get("early", False):
        return None  # drawn.py looks at these
    if line["to"] - before["from"] > ADMIT_TTL_S - 5 or faults.within("clock", before["from"], line["to"]):
        return None
    if now["state"] in ("admitted", "active") or now.get("number") == was["number"]:
        return None
    # A Redis that came back with an old file has old places; who is further in front has lost nothing.
    if now.get("number", was["number"]) < was["number"] and faults.within(LOSES_REDIS, before["from"] - 1, line["to"]):
        return None
    shown = line.get("ticket")
    if shown is None or shown != was["ticket"]:
        # Without the ticket only a Redis that kept its memory can know.
        if faults.within(LOSES_REDIS, before["from"] - 1, line["to"] + 1):
            return None
    with_ticket = "with the ticket" if shown == was["ticket"] else "without" if shown is None else "with another ticket"
    return (f"{was['number']} told at {before['to']:.3f} became {now.get('number', 'none')} ({line['what']} {with_ticket} "
            f"from {line['from']:.3f} to {line['to']:.3f})")


def check(told, faults, watched, findings):
    check_cap(watched, findings)
    check_order(watched, findings)
    check_numbers(watched, findings)
    check_rate(watched, findings)
    check_locks(watched, faults, findings)
    check_holds(told, faults, findings)
    check_places(told, faults, findings)
    shared = max((row["shared"] for row in watched if "shared" in row), default=0)
    print(f"{sum('queue' in row for row in watched)} looks at the queues, {shared} locks shared")
