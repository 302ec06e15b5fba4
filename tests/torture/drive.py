#!/usr/bin/env python3
"""Fans and operators over HTTP until a file appears, everything they do written down:
drive.py FILE HISTORY SEED FANS TABS OPENS

Each fan is one account with so many tabs, and all tabs do as they please. One concert opens OPENS seconds later, with a
draw of those who came before. A line of the history is one request: who,
what, from when to when, and how it ended: "ok", "refused" (nothing happened) or "unknown" (nobody told).
"""
import json
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.environ["FRONTROW_SRC"], "tests/system"))

from frontrow import URL, Client, fan, fresh_key, in_parallel, new_concert, operator  # noqa: E402
from office import read_code  # noqa: E402

STARTED = time.time() - time.monotonic()
HOT = 12
OPERATORS = 2
PRICES = [{"grade": "R", "price": 260_000}, {"grade": "S", "price": 90_000}]
HALLS = [
    # Small and wanted: everybody meets in its first rows.
    {"title": "Small", "capacity": 25, "hold_ttl_s": 10, "active_ttl_s": 40, "admit_ttl_s": 30, "seats_per_fan": 4,
     "sections": [{"section": "A", "grade": "R", "rows": 2, "seats_per_row": 12},
                  {"section": "B", "grade": "S", "rows": 3, "seats_per_row": 12}]},
    # Large, with a door that lets only so many in.
    {"title": "Large", "capacity": 40, "hold_ttl_s": 20, "active_ttl_s": 60, "admit_ttl_s": 30, "seats_per_fan": 8,
     "rate_per_minute": 300, "sections": [{"section": "A", "grade": "R", "rows": 10, "seats_per_row": 20},
                                          {"section": "B", "grade": "S", "rows": 10, "seats_per_row": 20}]},
    # Not open yet: who is there first is drawn. Afterwards only one a second gets in.
    {"title": "Drawn", "capacity": 20, "hold_ttl_s": 10, "active_ttl_s": 40, "admit_ttl_s": 30, "seats_per_fan": 4,
     "rate_per_minute": 60, "sections": [{"section": "A", "grade": "S", "rows": 10, "seats_per_row": 20}]},
]
# So many tickets are used at the door of each concert; a used seat is never sold again.
LET_IN = {"Small": 0, "Large": 100, "Drawn": 50}


def now():
    """Goes with the clock of the faults, but never back."""
    return STARTED + time.monotonic()


class History:
    def __init__(self, path):
        self.file = open(path, "a", encoding="utf-8")
        self.lock = threading.Lock()

    def add(self, **line):
        text = json.dumps(line, separators=(",", ":"))
        with self.lock:
            self.file.write(text + "\n")


class Fan:
    """What all tabs of an account share. Tabs are threads: a look at it may be old by the next line."""

    def __init__(self, number, account, token):
        self.number = number
        self.account = account
        self.token = token
        self.tickets = {}
        self.stale = []
        self.owned = []
        self.lock = threading.Lock()
        self.charges = 0

    def amount(self):
        """No two charges of an account are alike, so the ledger says which was which."""
        with self.lock:
            self.charges += 1
            return 10_000 * (1 + self.charges % 14) + self.charges


def how(answer):
    if 200 <= answer.status < 300:
        return "ok"
    if answer.status == 0 or answer.status >= 500 or answer.code == "key_running":
        return "unknown"
    return "refused"


class Tab:
    def __init__(self, drive, of, number):
        self.drive = drive
        self.fan = of
        self.name = f"{of.number}.{number}"
        self.dice = random.Random(f"{drive.seed} {self.name}")
        self.client = Client(of.token, timeout=25)

    def ask(self, what, method, path, body=None, key=None, client=None, read=None, **about):
        """read makes what is written down of an answer's body, which is else the whole of it."""
        client = client or self.client
        if key is not None and self.dice.random() < 0.02:
            client = SlowClient(self.fan.token)
        began = now()
        answer = client.ask(method, path, body, key=key)
        ended = how(answer)
        line = {"what": what, "who": self.fan.account, "tab": self.name, "from": began, "to": now(), "how": ended,
                "status": answer.status} | about
        if key is not None:
            line["key"] = key
        if answer.code:
            line["code"] = answer.code
        if ended == "ok" and answer.body:
            line["answer"] = read(answer.body) if read else answer.body.decode("utf-8", "replace")
        self.drive.history.add(**line)
        return answer

    def certainly(self, *words, **more):
        """Again with the same key until it is known how it ended; but some give up, and never learn it."""
        patience = self.dice.choice((1, 3, 40))
        for _ in range(patience):
            answer = self.ask(*words, **more)
            if how(answer) != "unknown" and answer.code not in ("busy", "too_many_requests"):
                return answer
            if self.drive.over():
                break
            self.rest(0.05, 0.8)
        return answer

    def rest(self, least, most):
        time.sleep(self.dice.uniform(least, most))

    def run(self):
        while not self.drive.over():
            concert = self.dice.choice(self.drive.concerts)
            if self.drive.comes(self.fan, concert):
                self.visit(concert)
            self.money()

    # ---- the queue ----

    def visit(self, concert):
        if not self.enter(concert):
            if self.dice.random() < 0.1:
                self.leave(concert)
            return
        for _ in range(self.dice.choice((1, 1, 2))):
            self.shop(concert)
        if self.dice.random() < 0.3:
            self.leave(concert)

    def leave(self, concert):
        answer = self.ask("leave", "DELETE", f"/concerts/{concert}/queue", concert=concert)
        if answer.status != 0:
            self.fan.tickets.pop(concert, None)

    def enter(self, concert):
        """Wait for a place inside. Losing patience, a fan leaves without a word and comes back with the ticket."""
        path, patience = f"/concerts/{concert}/queue", time.monotonic() + self.dice.uniform(3, 25)
        state = "none"
        while time.monotonic() < patience and not self.drive.over():
            if state in ("none", "admitted"):
                ticket = self.fan.tickets.get(concert)
                body = {"ticket": ticket} if ticket else None
                answer = self.ask("join", "POST", path, body, concert=concert, ticket=ticket)
            else:
                answer = self.ask("look", "GET", path, concert=concert)
            if answer.code in ("sold_out", "closed"):
                return False
            if 200 <= answer.status < 300:
                state = answer.json.get("state", "none")
                if answer.json.get("ticket"):
                    self.fan.tickets[concert] = answer.json["ticket"]
                if state == "active":
                    return True
            self.rest(0.2, 1.0)
        return False

    # ---- seats and payments ----

    def shop(self, concert):
        count = self.dice.choice((1, 1, 2, 3))
        seats = sorted(self.dice.sample(range(1, HOT + 1), count))
        wanted = {"seats": seats} if self.dice.random() < 0.7 else {"best": {"count": count}}
        held = self.ask("hold", "POST", f"/concerts/{concert}/holds", wanted, concert=concert)
        if held.status != 201:
            # Whoever lost a hold may still believe in it.
            if self.fan.stale and self.dice.random() < 0.5:
                number = self.dice.choice(self.fan.stale)
                self.ask("release", "DELETE", f"/holds/{number}", concert=concert, number=number)
            return
        numbers = [hold["reservation_number"] for hold in held.json["holds"]]
        self.fan.stale = self.fan.stale[-8:] + numbers
        fate = self.dice.random()
        if fate < 0.10:
            return
        if fate < 0.15:
            self.ask("release", "DELETE", f"/holds/{numbers[0]}", concert=concert, number=numbers[0])
            return
        if fate < 0.22:
            self.ask("extend", "POST", f"/concerts/{concert}/holds/extend", concert=concert)
        if fate > 0.95:
            self.rest(9, 13)
        self.pay(concert, numbers)

    def pay(self, concert, numbers):
        key, body = fresh_key(), {"reservation_numbers": numbers}
        words = ("pay", "POST", "/payments", body)
        about = {"concert": concert, "numbers": numbers}
        twin = None
        if self.dice.random() < 0.15:
            twin = threading.Thread(target=self.other().ask, args=words, kwargs=about | {"key": key})
            twin.start()
        answer = self.certainly(*words, key=key, **about)
        if twin is not None:
            twin.join()
        if answer.status != 201:
            return
        self.fan.owned.extend(numbers)
        if self.dice.random() < 0.1:
            self.ask(*words, key=key, **about)
        if self.dice.random() < 0.3:
            self.attend(concert, self.dice.choice(numbers))

    # ---- the door ----

    def attend(self, concert, number):
        """Get the ticket and go in with it; or cancel, and try to go in all the same."""
        if self.ask("show", "GET", f"/reservations/{number}/ticket.svg", number=number, read=self.see).status != 200:
            return
        ticket = self.ticket
        if not self.drive.may_let_in(concert):
            if self.twice("cancel", "DELETE", f"/reservations/{number}", key=fresh_key(), number=number).status == 200:
                self.verify(ticket, number)
            return
        rivals = [lambda: self.other().verify(ticket, number), lambda: self.other().cancel_one(number)]
        rival = threading.Thread(target=self.dice.choice(rivals))
        rival.start()
        self.verify(ticket, number)
        rival.join()
        if self.dice.random() < 0.3:
            self.verify(ticket, number)
        if self.dice.random() < 0.3:
            self.cancel_one(number)

    def see(self, svg):
        self.ticket = read_code(svg)[0]
        return json.dumps({"ticket": self.ticket})

    def verify(self, ticket, number):
        self.ask("verify", "POST", "/operator/tickets/verify", {"ticket": ticket}, number=number, ticket=ticket,
                 client=Client(self.drive.office.token))

    def other(self):
        return Tab(self.drive, self.fan, self.name.split(".")[1] + "t")

    def money(self):
        if self.dice.random() < 0.8 and self.fan.owned:
            self.cancel()
        if self.dice.random() < 0.5:
            amount = self.fan.amount()
            self.twice("charge", "POST", "/points/charges", {"amount": amount}, key=fresh_key(), amount=amount)
        if self.dice.random() < 0.6:
            self.ask("balance", "GET", "/points")

    def cancel(self):
        with self.fan.lock:
            if not self.fan.owned:
                return
            number = self.fan.owned.pop(self.dice.randrange(len(self.fan.owned)))
        self.cancel_one(number)

    def cancel_one(self, number):
        if self.dice.random() < 0.4:
            self.ask("own", "GET", f"/reservations/{number}", number=number)
        self.twice("cancel", "DELETE", f"/reservations/{number}", key=fresh_key(), number=number)
        if self.dice.random() < 0.4:
            self.ask("own", "GET", f"/reservations/{number}", number=number)

    def twice(self, *words, **more):
        """Some press the button again although it went well."""
        answer = self.certainly(*words, **more)
        if self.dice.random() < 0.15:
            self.ask(*words, **more)
        return answer


class SlowClient(Client):
    """Says its request in pieces, as over a bad line, on a connection of its own."""

    def send(self, method, path, body, headers):
        import http.client
        lines = [f"{method} {path} HTTP/1.1", f"Host: {URL.netloc}", "Connection: close"]
        body = body or b""
        lines += [f"{name}: {value}" for name, value in (headers | {"Content-Length": len(body)}).items()]
        said = ("\r\n".join(lines) + "\r\n\r\n").encode() + body
        self.close()
        self.connection = http.client.HTTPConnection(URL.hostname, URL.port, timeout=self.timeout)
        response = None
        try:
            self.connection.connect()
            for i in range(0, len(said), 97):
                self.connection.sock.sendall(said[i:i + 97])
                time.sleep(0.1)
            response = http.client.HTTPResponse(self.connection.sock, method=method)
            response.begin()
            return answer_of(response.status, response.headers, response.read())
        except (OSError, http.client.HTTPException) as error:
            return answer_of(0, {}, str(error).encode())
        finally:
            self.close()


def answer_of(status, headers, body):
    from frontrow import Answer
    return Answer(status, headers, body)


class Drive:
    def __init__(self, stop, history, seed):
        self.stop = stop
        self.history = History(history)
        self.seed = seed
        self.office = operator()
        self.concerts = []
        self.left_to_let_in = {}
        self.opens = {}
        self.lock = threading.Lock()

    def open(self, opens_in_s):
        for hall in HALLS:
            opens = {}
            at = time.time() + opens_in_s
            if hall["title"] == "Drawn":
                opens = {"opens_at": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(at))}
            concert = new_concert(self.office, grades=PRICES, **hall, **opens)
            self.opens[concert] = at if opens else 0
            self.concerts.append(concert)
            self.left_to_let_in[concert] = LET_IN[hall["title"]]
            self.history.add(what="concert", who=0, concert=concert, how="ok", status=201, **opens, **hall)

    def comes(self, one, concert):
        """Every fourth comes to the draw when it is too late."""
        return one.number % 4 != 0 or now() > self.opens[concert]

    def may_let_in(self, concert):
        with self.lock:
            self.left_to_let_in[concert] -= 1
            return self.left_to_let_in[concert] >= 0

    def over(self):
        return os.path.exists(self.stop)

    def fan(self, number):
        # The last of the demo's fans have bought already.
        client = fan(number) if number <= 60 else self.newcomer(number)
        return Fan(number, client.ask("GET", "/account").json["account_id"], client.token)

    def newcomer(self, number):
        client, words = Client(), {"email": f"fan{number}@torture.test", "password": "long-enough"}
        client.ask("POST", "/accounts", words | {"name": f"Fan {number}"})
        client.token = client.ask("POST", "/sessions", words).json["token"]
        return client

    def operate(self, number):
        """An operator who cannot leave well alone, and looks whether the promises hold."""
        office = Client(self.office.token)
        dice = random.Random(f"{self.seed} operator {number}")
        while not self.over():
            concert = dice.choice(self.concerts)
            choice = dice.random()
            if choice < 0.2:
                # Each concert's is changed by one of them: what was true between two looks, nobody saw.
                concert, capacity = dice.choice(self.concerts[number::OPERATORS]), dice.choice((10, 25, 40))
                self.tell(office, "capacity", "PATCH", f"/operator/concerts/{concert}", {"capacity": capacity})
            elif choice < 0.3:
                self.tell(office, "pause", "POST", f"/operator/concerts/{concert}/queue/pause")
                time.sleep(dice.uniform(0, 1))
                while not self.over() and \
                        self.tell(office, "resume", "POST", f"/operator/concerts/{concert}/queue/resume") != 200:
                    time.sleep(0.3)
            elif choice < 0.5:
                self.promises(office)
            elif choice < 0.7:
                self.draw(office)
            else:
                office.ask("GET", f"/operator/concerts/{concert}/stats")
            time.sleep(dice.uniform(0.2, 1.5))

    def tell(self, office, what, *words):
        began = now()
        answer = office.ask(*words)
        self.history.add(what=what, who=0, **{"from": began, "to": now()}, how=how(answer), status=answer.status)
        return answer.status

    def draw(self, client):
        """What everybody is told of the draw."""
        concert, began = self.concerts[-1], now()
        answer = client.ask("GET", f"/concerts/{concert}/draw?format=list")
        told = {"answer": answer.body.decode()} if answer.status == 200 else {}
        self.history.add(what="draw", who=0, concert=concert, **{"from": began, "to": now()}, how=how(answer),
                         status=answer.status, **told)
        return answer.status == 200 and answer.json["seed"] is not None

    def promises(self, office):
        began = now()
        answer = office.ask("GET", "/operator/invariants")
        broken = [row for row in answer.json.get("invariants", []) if row["broken"] != 0]
        self.history.add(what="promises", who=0, **{"from": began, "to": now()}, how=how(answer), status=answer.status,
                         broken=broken)


def until(true):
    for _ in range(40):
        if true():
            return
        time.sleep(0.5)


def main():
    stop, history, seed, fans, tabs, opens_in_s = sys.argv[1], sys.argv[2], sys.argv[3], *map(int, sys.argv[4:])
    drive = Drive(stop, history, seed)
    people = in_parallel([lambda n=n: drive.fan(n + 1) for n in range(fans)], at_once=4)
    drive.open(opens_in_s)
    threads = [threading.Thread(target=Tab(drive, one, n).run) for one in people for n in range(tabs)]
    threads += [threading.Thread(target=drive.operate, args=(n,)) for n in range(OPERATORS)]
    print("started", *drive.concerts, flush=True)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # With everything well again, each says what they have, and the draw can be checked.
    for one in people:
        tab = Tab(drive, one, "end")
        until(lambda: tab.ask("balance", "GET", "/points").status == 200)
    until(lambda: drive.draw(Client()))
    drive.history.file.close()


if __name__ == "__main__":
    main()
