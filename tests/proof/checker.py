#!/usr/bin/env python3
"""Did every committed payment's event arrive, and was its effect had exactly once?

checker.py MYSQL-SOCKET RECEIVER-LOG WEBHOOK-KEY [TOPIC]

Reads the database with the mariadb client, the topic as kcat -J printed it into the file TOPIC, and the log of the
system that was told. Shares no code with the server, and knows its promises from docs/events. Prints what is wrong,
a line each; the exit status is 1 when anything is.
"""
import base64
import collections
import getpass
import hashlib
import hmac
import json
import pathlib
import subprocess
import sys

import jsonschema

GROUPS = ("payment-queue", "payment-reservation", "payment-message", "payment-count")
SHOWN = 5
DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs/events"
SCHEMAS = {path.name: jsonschema.Draft202012Validator(json.loads(path.read_text())) for path in DOCS.glob("*.json")}


class Findings:
    def __init__(self):
        self.wrong = collections.defaultdict(list)

    def add(self, what, which):
        self.wrong[what].append(which)

    def print(self):
        for what, which in self.wrong.items():
            shown = ", ".join(str(one) for one in which[:SHOWN])
            print(f"wrong: {what}: {len(which)}, such as {shown}")
        return 1 if self.wrong else 0


class Database:
    def __init__(self, socket):
        self.words = ["mariadb", "--no-defaults", f"--socket={socket}", f"--user={getpass.getuser()}", "-N", "--batch",
                      "--raw", "frontrow", "-e"]

    def rows(self, statement):
        said = subprocess.run([*self.words, statement], check=True, capture_output=True, text=True).stdout
        return [line.split("\t") for line in said.splitlines()]

    def number(self, statement):
        return int(self.rows(statement)[0][0])


def expected_events(database):
    """What must have been told: (type, payment, seat or 0) to what is known of it."""
    told = {}
    seats = collections.defaultdict(list)
    for payment, number, price, cancelled in database.rows(
            "SELECT payment_id, reservation_number, price, cancelled_at IS NOT NULL FROM reservation"):
        seats[payment].append((number, int(price)))
        if cancelled == "1":
            told["reservation.cancelled", payment, number] = {"refunded": int(price)}
    for payment, account, concert, amount in database.rows(
            "SELECT payment_id, account_id, concert_id, amount FROM payment"):
        told["payment.completed", payment, ""] = {"account_id": int(account), "concert_id": int(concert),
                                                  "amount": int(amount), "seats": sorted(seats[payment])}
    return told


def identity(event):
    return event["type"], str(event["payment_id"]), event.get("reservation_number", "")


def same(event, known):
    if "refunded" in known:
        return event["refunded"] == known["refunded"]
    seats = sorted((seat["reservation_number"], seat["price"]) for seat in event["reservations"])
    return seats == known["seats"] and all(event[name] == known[name] for name in ("account_id", "concert_id", "amount"))


def read_topic(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            message = json.loads(line)
            headers = message.get("headers") or []
            yield message, dict(zip(headers[::2], headers[1::2])), json.loads(message["payload"])


def check_topic(path, told, findings):
    """Every event at least once, none that was not, one id each, in the payment's partition and order."""
    ids, homes, began = {}, {}, set()
    for message, headers, event in read_topic(path):
        what = identity(event)
        if what not in told:
            findings.add("an event without its payment", what)
        elif not same(event, told[what]):
            findings.add("an event that says something else than the database", what)
        if not SCHEMAS[f"{event['type']}.v{event['version']}.json"].is_valid(event):
            findings.add("an event that is not what its schema says", what)
        if headers.get("id") != event["event_id"] or headers.get("type") != event["type"]:
            findings.add("headers that are not the event's", headers)
        if message["key"] != str(event["payment_id"]):
            findings.add("a key that is not the aggregate's", message["key"])
        if ids.setdefault(what, event["event_id"]) != event["event_id"]:
            findings.add("two ids for one event", what)
        if homes.setdefault(message["key"], message["partition"]) != message["partition"]:
            findings.add("a payment in two partitions", message["key"])
        if event["type"] == "payment.completed":
            began.add(message["key"])
        elif message["key"] not in began:
            findings.add("a cancellation before its payment", what)
    for what in told:
        if what not in ids:
            findings.add("an event that never came to the topic", what)
    return set(ids.values())


def check_receiver(path, key, told, findings):
    """The other system did each event; whatever it was sent carries a good signature; order holds there, too."""
    ids, began = {}, set()
    with open(path, encoding="utf-8") as lines:
        received = [json.loads(line) for line in lines]
    for line in received:
        event = json.loads(line["body"])
        what = identity(event)
        signed = f"{line['webhook-id']}.{line['webhook-timestamp']}.{line['body']}".encode()
        tag = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        if line["webhook-signature"] != tag:
            findings.add("a message with a wrong signature", what)
        if abs(line["at"] - int(line["webhook-timestamp"])) > 60:
            findings.add("a message with a wrong time", what)
        if not line["idempotency-key"] == line["webhook-id"] == event["event_id"]:
            findings.add("a message whose key is not the event's id", what)
        if what not in told:
            findings.add("a message without its payment", what)
        if not line["done"]:
            continue
        if ids.setdefault(what, event["event_id"]) != event["event_id"]:
            findings.add("a message sent under two ids", what)
        if event["type"] == "payment.completed":
            began.add(what[1])
        elif what[1] not in began:
            findings.add("a message of a cancellation before its payment", what)
    for what in told:
        if what not in ids:
            findings.add("a message that never came", what)
    return set(ids.values()), len(received)


def check_database(database, told, ids, findings):
    for table in ("outbox", "event_retry", "dead_letter"):
        left = database.number(f"SELECT COUNT(*) FROM {table}")
        if left:
            findings.add(f"rows left in {table}", left)
    for group in GROUPS:
        done = [row[0] for row in database.rows(f"SELECT event_id FROM inbox WHERE consumer_group = '{group}'")]
        if len(done) != len(told):
            findings.add(f"{group} is done with another number of events than there were", f"{len(done)} of {len(told)}")
        if ids and set(done) != ids:
            findings.add(f"{group} is done with other events than were told", len(set(done) ^ ids))
    counted = dict(database.rows("SELECT concert_id, sold FROM concert_count"))
    for concert, sold in database.rows("SELECT concert_id, COUNT(taken) FROM reservation GROUP BY concert_id"):
        if counted.get(concert) != sold:
            findings.add("a concert whose count is not its sold seats", f"{concert}: {counted.get(concert)} for {sold}")


def main():
    socket, log, key = sys.argv[1:4]
    database, findings = Database(socket), Findings()
    told = expected_events(database)
    ids, messages = check_receiver(log, base64.b64decode(key.removeprefix("whsec_")), told, findings)
    if len(sys.argv) > 4:
        in_topic = check_topic(sys.argv[4], told, findings)
        if in_topic != ids:
            findings.add("the topic and the other system know different events", len(in_topic ^ ids))
        with open(sys.argv[4], encoding="utf-8") as lines:
            print(f"{sum(1 for _ in lines)} messages in the topic")
    check_database(database, told, ids, findings)
    print(f"{len(told)} events, {messages} messages to the other system")
    return findings.print()


if __name__ == "__main__":
    sys.exit(main())
