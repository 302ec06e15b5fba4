"""What the fans were told: the history, read back."""
import collections
import json

ACCOUNTED = ("pay", "charge", "cancel")


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


class Request:
    """All tries of one idempotency key. It took effect, it did not, or nobody can say: then it may have, once."""

    def __init__(self, tries):
        tries.sort(key=lambda one: one["from"])
        self.tries = tries
        self.what, self.who, self.key = tries[0]["what"], tries[0]["who"], tries[0].get("key")
        self.answers = sorted({one["answer"] for one in tries if one["how"] == "ok"})
        self.answer = json.loads(self.answers[0]) if self.answers else None
        open_ones = [one for one in tries if one["how"] != "refused"]
        self.start = open_ones[0]["from"] if open_ones else None
        self.end = min((one["to"] for one in tries if one["how"] == "ok"), default=None)
        self.maybe = bool(open_ones)

    def of(self, name):
        return self.tries[0][name]

    def refused_with(self, code):
        return [one for one in self.tries if one["how"] == "refused" and one.get("code") == code]

    def __repr__(self):
        known = "ok" if self.answers else "unknown" if self.maybe else "refused"
        return f"{self.what} of account {self.who} key {self.key} ({known})"


class Told:
    def __init__(self, path):
        self.lines = lines(path)
        by_key = collections.defaultdict(list)
        for line in self.lines:
            if line["what"] in ACCOUNTED:
                by_key[line["who"], line["key"]].append(line)
        self.requests = [Request(tries) for tries in by_key.values()]
        self.accounts = sorted({line["who"] for line in self.lines if line["who"]})
        self.prices = {}
        for line in self.of("hold"):
            for hold in json.loads(line["answer"])["holds"]:
                self.prices[hold["reservation_number"]] = hold["price"]

    def of(self, *what):
        """Requests that went well."""
        return [line for line in self.lines if line["what"] in what and line["how"] == "ok"]

    def asked(self, what):
        return [one for one in self.requests if one.what == what]

    def counts(self):
        return collections.Counter(line["how"] for line in self.lines)
