#!/usr/bin/env python3
"""Two hundred want fifty seats, all at once, through nginx: fifty have one, the others are told clearly."""
import collections
import random
import socket
import sys
import time

from frontrow import (URL, Client, Tap, ctl, differences, fan, fresh_key, in_parallel, new_concert, operator, poll, settled,
                      sign_in, sql)

CLIENTS = 200
SEATS = 50
GIVE_UP_S = 120

# How a buyer's story may end without a seat.
CLEAR = {"sold_out", "seat_taken", "hold_expired"}
# And what may come on the way: try again.
COME_BACK = {"busy", "key_running", "too_many_requests"}
AGAIN = COME_BACK | {"not_admitted", "unavailable"}


def newcomer(number):
    """Somebody with an account of their own, and points."""
    email = f"crowd{number}-{time.time_ns()}@demo.test"
    client = Client()
    answer = client.ask("POST", "/accounts", {"email": email, "password": "long-enough", "name": f"Crowd {number}"})
    if answer.status != 201:
        raise RuntimeError(f"no account: {answer}")
    client = sign_in(email, "long-enough")
    client.ask("POST", "/points/charges", {"amount": 100000}, key=fresh_key())
    return client


def one_buyer(client, concert, strange):
    """Join, wait, take any seat, pay; the reservation's number or the code of the last refusal."""
    deadline = time.monotonic() + GIVE_UP_S
    while time.monotonic() < deadline:
        place = client.ask("POST", f"/concerts/{concert}/queue")
        if place.code in CLEAR:
            return place.code
        # Those who wait are told by the reason why there is no estimate.
        if place.json.get("estimate_reason") == "sold_out":
            return "sold_out"
        if place.json.get("state") != "active":
            if place.status not in (200, 201) and place.code not in AGAIN:
                strange.append(("queue", place))
            time.sleep(random.uniform(0.05, 0.2))
            continue
        ended = choose(client, concert, strange)
        if ended is not None:
            return ended
    return "gave up"


def choose(client, concert, strange):
    free = client.ask("GET", f"/concerts/{concert}/seats?format=list").json.get("available") or []
    # Half of them all want the front row: that is where they meet.
    wanted = {"seats": [random.choice(free[:10])]} if free and random.random() < 0.5 else {"best": {"count": 1}}
    held = client.ask("POST", f"/concerts/{concert}/holds", wanted)
    if held.status != 201:
        if held.code not in CLEAR | AGAIN | {"hold_limit"}:
            strange.append(("holds", held))
        return held.code if held.code == "sold_out" else None
    number = held.json["holds"][0]["reservation_number"]
    return pay(client, number, strange)


def pay(client, number, strange):
    key = fresh_key()
    for _ in range(20):
        paid = client.ask("POST", "/payments", {"reservation_numbers": [number]}, key=key)
        if paid.status == 201:
            return number
        if paid.code in ("seat_taken", "hold_expired"):
            return None
        if paid.code not in AGAIN:
            strange.append(("payments", paid))
        time.sleep(0.1)
    return "could not pay"


def sell(tap, crowd, concert):
    strange = []
    began = time.monotonic()
    ends = in_parallel([lambda c=c: one_buyer(c, concert, strange) for c in crowd])
    tap.note(f"{CLIENTS} buyers in {time.monotonic() - began:.1f} s")
    won = [end for end in ends if "." in end]
    lost = collections.Counter(end for end in ends if "." not in end)
    tap.note(f"{len(won)} have a seat; the others were told: {dict(lost)}")
    tap.same("exactly as many have a seat as there are", SEATS, len(won))
    tap.same("no two have the same", SEATS, len(set(won)))
    tap.check("every loser was told a clear code", set(lost) <= CLEAR, lost)
    tap.check("nothing else was ever answered", not strange, "\n".join(map(str, strange[:10])))
    tap.same("MySQL says the same", [[str(SEATS), str(SEATS)]],
             sql(f"SELECT COUNT(*), COUNT(DISTINCT seat) FROM reservation WHERE concert_id = {concert} AND taken = 1"))
    return won


def same_key_at_once(tap, client):
    """Somebody presses the button ten times."""
    before = client.ask("GET", "/points").json["balance"]
    key = fresh_key()
    others = [Client(client.token) for _ in range(10)]
    answers = in_parallel([lambda c=c: c.ask("POST", "/points/charges", {"amount": 7}, key=key) for c in others])
    good = [answer for answer in answers if answer.status == 201]
    tap.check("ten equal requests at once: one is answered at least", len(good) >= 1, answers)
    tap.same("ten equal requests at once: all answers are the same", 1, len({answer.body for answer in good}))
    tap.check("ten equal requests at once: a refusal says to come back",
              all(answer.code in COME_BACK and "Retry-After" in answer.headers
                  for answer in answers if answer.status != 201), answers)
    tap.same("ten equal requests at once: one is carried out", before + 7, client.ask("GET", "/points").json["balance"])


def one_account_pays_from_all_sides(tap, client, concert):
    """Different charges of one account at once: none is lost, none is done twice."""
    before = client.ask("GET", "/points").json["balance"]
    others = [Client(client.token) for _ in range(20)]
    answers = in_parallel([lambda c=c: c.ask("POST", "/points/charges", {"amount": 1}, key=fresh_key()) for c in others])
    done = sum(answer.status == 201 for answer in answers)
    tap.check("twenty charges of one account at once: each is done or told to come back",
              all(answer.status == 201 or answer.code in COME_BACK for answer in answers), answers)
    tap.same("twenty charges of one account at once: the balance is their sum", before + done,
             client.ask("GET", "/points").json["balance"])


GREEDY = 200


def charge_request(client):
    body = b'{"amount":1}'
    return (f"POST /api/v1/points/charges HTTP/1.1\r\nHost: frontrow\r\nAuthorization: Bearer {client.token}\r\n"
            f"Idempotency-Key: {fresh_key()}\r\nContent-Type: application/json\r\nConnection: close\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


def read_all(link):
    parts = []
    while part := link.recv(65536):
        parts.append(part)
    link.close()
    return b"".join(parts)


def send_at_once(client):
    """The heads of the answers to two hundred charges that are sent in the same moment."""
    links = [socket.create_connection((URL.hostname, URL.port), timeout=30) for _ in range(GREEDY)]
    requests = [charge_request(client) for _ in links]
    for link, request in zip(links, requests):
        link.sendall(request)
    return [read_all(link).partition(b"\r\n\r\n")[0].decode() for link in links]


def charges_of(client, count):
    """Each answer, and how long it took."""
    answers = []
    for _ in range(count):
        began = time.monotonic()
        answer = client.ask("POST", "/points/charges", {"amount": 1}, key=fresh_key())
        answers.append((answer, (time.monotonic() - began) * 1000))
        time.sleep(0.005)
    return answers


def one_account_does_not_delay_the_others(tap, greedy, others):
    before = greedy.ask("GET", "/points").json["balance"]
    alone = sum(in_parallel([lambda c=c: charges_of(c, 40) for c in others]), [])
    heads, *rest = in_parallel([lambda: send_at_once(greedy), *(lambda c=c: charges_of(c, 40) for c in others)])
    beside = sum(rest, [])
    slow = [sorted(took for _, took in answers)[len(answers) * 99 // 100] for answers in (alone, beside)]
    tap.note(f"p99 of {len(others)} others: {slow[0]:.0f} ms, {slow[1]:.0f} ms while one account sends {GREEDY} at once")
    tap.check("nobody else is refused while one account sends two hundred at once",
              all(answer.status == 201 for answer, _ in beside), [answer for answer, _ in beside if answer.status != 201])
    statuses = collections.Counter(head.split(" ")[1] for head in heads)
    tap.check("of its two hundred some are done and the rest are told 429", set(statuses) == {"201", "429"}, statuses)
    tap.check("and when to come back", all("Retry-After:" in head for head in heads if " 429 " in head), heads[-1])
    tap.same("those that were done add up", before + statuses["201"], greedy.ask("GET", "/points").json["balance"])


def main():
    tap = Tap()
    office = operator()
    concert = new_concert(office, capacity=50, seats_per_fan=1)
    fans = in_parallel([lambda n=n: fan(n) for n in range(1, 91)], at_once=8)
    crowd = fans + in_parallel([lambda n=n: newcomer(n) for n in range(CLIENTS - len(fans))], at_once=8)
    tap.same("two hundred have come", CLIENTS, len(crowd))
    sell(tap, crowd, concert)
    tap.check("within seconds Redis says sold out, too",
              poll(10, lambda: office.ask("GET", f"/concerts/{concert}/board").json.get("state") == "sold_out"))
    tap.check("and the list of concerts",
              poll(20, lambda: office.ask("GET", f"/concerts/{concert}").json.get("seats_left") == 0))
    tap.check("and no seat is shown as free",
              poll(10, lambda: office.ask("GET", f"/concerts/{concert}/seats?format=list").json.get("available") == []))
    same_key_at_once(tap, crowd[0])
    one_account_pays_from_all_sides(tap, crowd[1], concert)
    one_account_does_not_delay_the_others(tap, crowd[2], crowd[3:7])
    settled()
    checked = ctl("check")
    tap.check("frontrowctl check finds nothing", checked.returncode == 0, checked.stdout + checked.stderr)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
