#!/usr/bin/env python3
"""Fans who buy and cancel through HTTP until a file appears: buy.py FILE FANS SEED. Whatever goes wrong is asked again with
the same key until it is known how it ended. Last line: how many payments and cancellations were confirmed.
"""
import collections
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.environ["FRONTROW_SRC"], "tests/system"))

from frontrow import Client, become_active, fan, fresh_key, new_concert, operator  # noqa: E402

SECTION = {"section": "A", "grade": "R", "rows": 100, "seats_per_row": 200}
UNKNOWN = (0, 429, 500, 502, 503, 504)


def certainly(client, *words, **more):
    """The answer, however often it takes. What is not known yet is asked again, a little later."""
    deadline = time.monotonic() + 90
    while True:
        answer = client.ask(*words, **more)
        known = answer.status not in UNKNOWN and answer.code not in ("busy", "key_running")
        if known or time.monotonic() > deadline:
            return answer
        time.sleep(random.uniform(0.05, 0.3))


def visit(client, concert, rng, told):
    if not become_active(client, concert, seconds=5):
        told["not let in"] += 1
        return
    held = client.ask("POST", f"/concerts/{concert}/holds", {"best": {"count": rng.choice((1, 1, 2))}})
    if held.status != 201:
        told[f"not held: {held.status} {held.code}"] += 1
        return
    numbers = [hold["reservation_number"] for hold in held.json["holds"]]
    paid = certainly(client, "POST", "/payments", {"reservation_numbers": numbers}, key=fresh_key())
    told["paid" if paid.status == 201 else f"not paid: {paid.status} {paid.code}"] += 1
    if paid.status != 201 or rng.random() > 0.3:
        return
    back = certainly(client, "DELETE", f"/reservations/{rng.choice(numbers)}", key=fresh_key())
    told["cancelled" if back.status == 200 else f"not cancelled: {back.status} {back.code}"] += 1


def main():
    stop, fans, seed = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    told = collections.Counter()
    concert = new_concert(operator(), grades=[{"grade": "R", "price": 10}], sections=[SECTION], capacity=1000,
                          seats_per_fan=8)
    tokens = [fan(n + 1).token for n in range(fans)]

    def run(number):
        client, rng = Client(tokens[number], timeout=20), random.Random(f"{seed} {number}")
        while not os.path.exists(stop):
            visit(client, concert, rng, told)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(fans)]
    print("started", flush=True)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for what, count in told.most_common():
        print(count, what)


if __name__ == "__main__":
    main()
