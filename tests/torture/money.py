"""Points, payments and seats in MySQL against what the fans were told."""
import collections
import json


class Stored:
    """What MySQL has of the accounts that took part."""

    def __init__(self, database, accounts):
        self.accounts = set(accounts)
        some = ", ".join(map(str, accounts))
        self.points = {int(a): int(p) for a, p in database.rows("SELECT account_id, points FROM account")}
        self.entries = collections.defaultdict(list)
        for entry, account, delta, reason, reference, after in database.rows(
                f"SELECT entry_id, account_id, delta, reason, reference, balance_after FROM point_entry "
                f"WHERE account_id IN ({some}) ORDER BY entry_id"):
            self.entries[int(account)].append((int(entry), int(delta), reason, reference, int(after)))
        self.seats = collections.defaultdict(list)
        self.taken = collections.Counter()
        self.cancelled = collections.Counter()
        for payment, number, account, taken in database.rows(
                "SELECT payment_id, reservation_number, account_id, taken IS NOT NULL FROM reservation"):
            self.seats[int(payment)].append(number)
            self.taken[number] += int(taken)
            self.cancelled[int(account), number] += 1 - int(taken)
        self.payments = {int(p): (int(a), int(m)) for p, a, m in database.rows(
            f"SELECT payment_id, account_id, amount FROM payment WHERE account_id IN ({some})")}
        self.used = {(int(account), number) for account, number in database.rows(
            "SELECT account_id, reservation_number FROM reservation WHERE used_at IS NOT NULL")}
        self.keys = {(int(a), k): answer for a, k, answer in database.rows(
            "SELECT account_id, idempotency_key, answer FROM idempotency")}
        self.charges = {(account, e[1]) for account, entries in self.entries.items() for e in entries if e[2] == "charge"}
        self.paid = {(account, tuple(sorted(self.seats[p]))) for p, (account, _amount) in self.payments.items()}

    def may_have(self, request):
        """Whether one of whose end nobody was told can have taken effect: there is one like it."""
        if request.what == "charge":
            return (request.who, request.of("amount")) in self.charges
        if request.what == "cancel":
            return self.cancelled[request.who, request.of("number")] > 0
        return (request.who, tuple(sorted(request.of("numbers")))) in self.paid


def check_keys(told, stored, findings):
    for request in told.requests:
        kept = stored.keys.get((request.who, request.key))
        if len(request.answers) > 1:
            findings.add("one key got two answers", request)
        if request.answers and kept is None:
            findings.add("an acknowledged key is not kept", request)
        if request.answers and kept is not None and kept.strip() != request.answers[0].strip():
            findings.add("a key is kept with another answer than was given", request)
        if not request.maybe and kept is not None:
            findings.add("a refused request took effect", request)


def check_payments(told, stored, findings):
    explained = collections.Counter()
    for request in told.asked("pay"):
        numbers = tuple(sorted(request.of("numbers")))
        if request.answer is None:
            explained[request.who, numbers] += request.maybe
            continue
        number = request.answer["payment_id"]
        found = stored.payments.get(number), tuple(sorted(stored.seats[number]))
        if found != ((request.who, request.answer["amount"]), numbers):
            findings.add("an acknowledged payment is not there", f"{request}: {number} {found}")
    told_of = collections.Counter(one.answer["payment_id"] for one in told.asked("pay") if one.answer)
    for number, times in told_of.items():
        if times > 1:
            findings.add("one payment answers two keys", number)
    for number, (account, amount) in stored.payments.items():
        numbers = tuple(sorted(stored.seats[number]))
        if number in told_of or old(told, numbers):
            continue
        explained[account, numbers] -= 1
        if explained[account, numbers] < 0:
            findings.add("a payment that nobody asked for", f"payment {number} of account {account}: {numbers}, {amount}")


def old(told, numbers):
    """Of the demo's own concerts, which nobody here goes to."""
    return bool(numbers) and not any(number in told.prices for number in numbers)


def check_seats(stored, findings):
    for number, times in stored.taken.items():
        if times > 1:
            findings.add("a seat is owned twice", f"{number}: {times} times")


def check_ledgers(stored, findings):
    for account, entries in stored.entries.items():
        balance = 0
        for entry, delta, _reason, _reference, after in entries:
            balance += delta
            if balance != after:
                findings.add("a ledger that does not add up", f"account {account}, entry {entry}")
                balance = after
            if after < 0:
                findings.add("a balance below zero", f"account {account}, entry {entry}: {after}")
        if balance != stored.points[account]:
            findings.add("a balance that is not its ledger's",
                         f"account {account}: {stored.points[account]}, its ledger {balance}")
        paid = collections.Counter((int(e[3]), -e[1]) for e in entries if e[2] == "payment")
        owed = collections.Counter((p, amount) for p, (a, amount) in stored.payments.items() if a == account)
        if paid != owed:
            findings.add("payments that are not in their ledger, once", f"account {account}: {paid - owed or owed - paid}")


def check_charges(told, stored, findings):
    """No two charges of an account have the same amount."""
    asked = {(one.who, one.of("amount")): one for one in told.asked("charge")}
    done = collections.Counter((account, e[1]) for account, entries in stored.entries.items()
                               for e in entries if e[2] == "charge")
    for what, request in asked.items():
        if request.answers and not done[what]:
            findings.add("an acknowledged charge is not there", request)
        if done[what] > 1:
            findings.add("a charge was done twice", f"{request}: {done[what]} times")
    for what in done:
        if what not in asked or not asked[what].maybe:
            findings.add("a charge that nobody asked for", f"account {what[0]}: {what[1]}")


def check_cancellations(told, stored, findings):
    asked = collections.defaultdict(list)
    for request in told.asked("cancel"):
        asked[request.who, request.of("number")].append(request)
    refunds = collections.Counter((account, e[3]) for account, entries in stored.entries.items()
                                  for e in entries if e[2] == "refund")
    for what in set(asked) | set(refunds) | {one for one in stored.cancelled if one[0] in stored.accounts}:
        done = stored.cancelled[what]
        sure = sum(bool(one.answers) for one in asked[what])
        maybe = sum(one.maybe for one in asked[what])
        if refunds[what] != done:
            findings.add("a cancellation without its refund, or the other way round", what)
        if done < sure:
            findings.add("an acknowledged cancellation is not there", f"{what}: {done} for {sure}")
        if done > maybe:
            findings.add("a cancellation that nobody asked for", f"{what}: {done} for {maybe}")


def check_doors(told, stored, findings):
    asked = [line for line in told.lines if line["what"] == "verify"]
    sure = {(line["who"], line["number"]) for line in asked
            if line["how"] == "ok" and json.loads(line["answer"])["valid"]}
    maybe = {(line["who"], line["number"]) for line in asked if line["how"] == "unknown"}
    for what in sure - stored.used:
        findings.add("who was let in is not known to be inside", what)
    for what in stored.used - sure - maybe:
        findings.add("a ticket is used that no door has seen", what)


def check(told, stored, findings):
    check_keys(told, stored, findings)
    check_payments(told, stored, findings)
    check_seats(stored, findings)
    check_ledgers(stored, findings)
    check_charges(told, stored, findings)
    check_cancellations(told, stored, findings)
    check_doors(told, stored, findings)
