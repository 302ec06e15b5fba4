"""One account's points and one seat are each linearizable: what everybody was told fits into one order."""
import collections
import json

from linear import Operation, Undecided, linearize, points, seat


def price_of(told, request):
    if request.what == "charge":
        return request.of("amount")
    if request.what == "cancel":
        return told.prices.get(request.of("number"), 0)
    return -sum(told.prices.get(number, 0) for number in request.of("numbers"))


def points_of(told):
    """Every account's operations."""
    by_account = collections.defaultdict(list)
    for line in told.of("balance"):
        by_account[line["who"]].append(Operation(line["from"], line["to"],
                                                 ("read", 0, json.loads(line["answer"])["balance"])))
    for request in told.requests:
        amount = price_of(told, request)
        for line in request.refused_with("points_too_few"):
            by_account[request.who].append(Operation(line["from"], line["to"], ("few", -amount, None)))
        if request.maybe:
            balance = request.answer["balance"] if request.answer else None
            by_account[request.who].append(Operation(request.start, request.end, ("change", amount, balance)))
    return by_account


def seats_of(told):
    by_seat = collections.defaultdict(list)
    for request in told.asked("pay"):
        for number in request.of("numbers") if request.maybe else ():
            by_seat[number].append(Operation(request.start, request.end, ("pay", request.who)))
    for request in told.asked("cancel"):
        if request.maybe:
            by_seat[request.of("number")].append(Operation(request.start, request.end, ("cancel", request.who)))
        for line in request.refused_with("not_found"):
            by_seat[line["number"]].append(Operation(line["from"], line["to"], ("has_not", line["who"])))
    for line in told.lines:
        if line["what"] != "own" or line["how"] == "unknown":
            continue
        has = line["how"] == "ok" and json.loads(line["answer"])["state"] == "paid"
        if line["how"] == "ok" or line.get("code") == "not_found":
            by_seat[line["number"]].append(Operation(line["from"], line["to"], ("has" if has else "has_not", line["who"])))
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
    accounts, seats = points_of(told), seats_of(told)
    for account, operations in accounts.items():
        opening = sum(e[1] for e in stored.entries[account] if e[2] == "opening")
        decide(f"points of account {account}", operations, opening, points, findings)
    for number, operations in seats.items():
        decide(f"seat {number}", operations, 0, seat, findings)
    operations = sum(map(len, accounts.values())) + sum(map(len, seats.values()))
    print(f"{len(accounts)} histories of points and {len(seats)} of seats, {operations} operations")
