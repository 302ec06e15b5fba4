"""One account's points and one seat are each linearizable: what everybody was told fits into one order."""
import collections
import json

from linear import EMPTY, Operation, Undecided, linearize, points, seat


def price_of(told, request):
    if request.what == "charge":
        return request.of("amount")
    if request.what == "cancel":
        return told.prices.get(request.of("number"), 0)
    return -sum(told.prices.get(number, 0) for number in request.of("numbers"))


def took_part(request, stored):
    """One of whose end nobody was told, and of which there is nothing, is in no order: it never happened."""
    return request.maybe and (request.answers or stored.may_have(request))


def points_of(told, stored):
    """Every account's operations."""
    by_account = collections.defaultdict(list)
    for line in told.of("balance"):
        by_account[line["who"]].append(Operation(line["from"], line["to"],
                                                 ("read", 0, json.loads(line["answer"])["balance"])))
    for request in told.requests:
        amount = price_of(told, request)
        for line in request.refused_with("points_too_few"):
            by_account[request.who].append(Operation(line["from"], line["to"], ("few", -amount, None)))
        if took_part(request, stored):
            balance = request.answer["balance"] if request.answer else None
            by_account[request.who].append(Operation(request.start, request.end, ("change", amount, balance)))
    return by_account


DOOR = {None: "enter", "used": "used", "cancelled": "void"}


def at_the_door(line):
    """What a door was told of a ticket; nothing when it was told nothing, and then it may have let somebody in."""
    if line["how"] == "unknown":
        return "enter", None
    said = json.loads(line["answer"]) if line["how"] == "ok" else {}
    return DOOR.get(said.get("reason", "refused"), "lost"), line["to"]


def seats_of(told, stored, findings):
    by_seat = collections.defaultdict(list)

    def add(number, start, end, kind, who, ticket=None):
        by_seat[number].append(Operation(start, end, (kind, who, ticket)))

    for request in told.asked("pay"):
        for number in request.of("numbers") if took_part(request, stored) else ():
            add(number, request.start, request.end, "pay", request.who)
    for request in told.asked("cancel"):
        if took_part(request, stored):
            add(request.of("number"), request.start, request.end, "cancel", request.who)
        for code, kind in (("not_found", "has_not"), ("too_late", "too_late")):
            for line in request.refused_with(code):
                add(line["number"], line["from"], line["to"], kind, line["who"])
    for line in told.lines:
        if line["what"] == "own" and (line["how"] == "ok" or line.get("code") == "not_found"):
            has = line["how"] == "ok" and json.loads(line["answer"])["state"] == "paid"
            add(line["number"], line["from"], line["to"], "has" if has else "has_not", line["who"])
        if line["what"] == "show" and line["how"] == "ok":
            add(line["number"], line["from"], line["to"], "show", line["who"], json.loads(line["answer"])["ticket"])
        if line["what"] == "verify" and line["how"] != "refused":
            kind, end = at_the_door(line)
            if kind == "lost":
                findings.add("a door did not know a ticket", line["answer"])
            else:
                add(line["number"], line["from"], end, kind, line["who"], line["ticket"])
    return by_seat


def decide(name, operations, state, step, findings):
    try:
        stuck = linearize(operations, state, step)
    except Undecided:
        findings.add(f"undecided: the history of {name.split()[0]} has too many orders", name)
        return
    if stuck is None:
        return
    left = sorted((one for one in operations if one.must and one not in stuck), key=lambda one: one.end)
    findings.add(f"the history of {name.split()[0]} is not linearizable",
                 f"{name}: {len(stuck)} of {len(operations)} fit, then {left[:3]} after {stuck[-3:]}")


def check(told, stored, findings):
    accounts, seats = points_of(told, stored), seats_of(told, stored, findings)
    for account, operations in accounts.items():
        opening = sum(e[1] for e in stored.entries[account] if e[2] == "opening")
        decide(f"points of account {account}", operations, opening, points, findings)
    for number, operations in seats.items():
        decide(f"seat {number}", operations, EMPTY, seat, findings)
    operations = sum(map(len, accounts.values())) + sum(map(len, seats.values()))
    doors = collections.Counter(one.what[0] for of_seat in seats.values() for one in of_seat)
    print("doors: " + ", ".join(f"{doors[kind]} {kind}" for kind in ("show", "enter", "used", "void", "too_late")))
    print(f"{len(accounts)} histories of points and {len(seats)} of seats, {operations} operations")
