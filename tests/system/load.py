#!/usr/bin/env python3
"""Requests from many clients until a file appears; then how often each answer came, as lines "KIND STATUS CODE COUNT".

load.py FILE CLIENTS KIND…   KIND is queue (Redis), points (MySQL), charge (both, a change) or board (shared)
Last line: "slowest MILLISECONDS".
"""
import collections
import os
import sys
import threading
import time

from frontrow import Client, fan, fresh_key

ASK = {
    "queue": lambda client: client.ask("GET", "/concerts/1/queue"),
    "points": lambda client: client.ask("GET", "/points"),
    "charge": lambda client: client.ask("POST", "/points/charges", {"amount": 1}, key=fresh_key()),
    "board": lambda client: client.ask("GET", "/concerts/1/board"),
}


def main():
    stop, clients, kinds = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    told = collections.Counter()
    slowest = [0.0]
    # A fan each, so that nobody waits for their own points lock.
    tokens = [fan(50 + n).token for n in range(clients)]

    def run(number):
        client = Client(tokens[number], timeout=30)
        kind = kinds[number % len(kinds)]
        while not os.path.exists(stop):
            began = time.monotonic()
            answer = ASK[kind](client)
            slowest[0] = max(slowest[0], time.monotonic() - began)
            told[kind, answer.status, answer.code or "-"] += 1
            if answer.status == 0:
                told[kind, answer.status, answer.body.decode().split(":")[0]] += 1
            # Whoever is told to come back later does.
            time.sleep(0.002 if answer.status < 500 else 0.05)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    print("started", file=sys.stderr, flush=True)
    for thread in threads:
        thread.join()
    for (kind, status, code), count in sorted(told.items()):
        print(kind, status, code, count)
    print("slowest", round(slowest[0] * 1000))


if __name__ == "__main__":
    main()
