#!/usr/bin/env python3
"""Who may do what: every route of `frontrow-web --routes` for every kind of caller, and nobody gets at another's."""
import base64
import re
import sys

from frontrow import (API, Client, Tap, become_active, buy, differences, fan, fresh_key, hold, new_concert, operator,
                      routes, settled)

# What a route says to whom: None is "comes in", whatever becomes of the request then.
NOT_IN = {
    "public": {},
    "fan": {"nobody": 401, "signed-out operator": 401, "signed out": 401, "forged": 401, "ended by hand": 401, "ticket for a token": 401},
    "operator": {"nobody": 401, "signed-out operator": 401, "signed out": 403, "forged": 401, "ended by hand": 401, "ticket for a token": 401,
                 "fan": 403, "other fan": 403},
}
NOT_IN["fan_by_script"] = NOT_IN["fan"]
CODES = {401: "not_signed_in", 403: "not_allowed"}


class World:
    """A fan who owns one of everything, another fan, and an operator."""

    def __init__(self):
        self.office = operator()
        self.owner = fan(21)
        self.other = fan(22)
        self.concert = new_concert(self.office)
        self.reservation = buy(self.owner, self.concert, 1)
        become_active(self.owner, self.concert)
        answer = hold(self.owner, self.concert, [2])
        self.hold = answer.json["holds"][0]["reservation_number"]
        self.ticket = self.owner.ask("GET", f"/concerts/{self.concert}/queue").json["ticket"]
        self.key = fresh_key()
        self.charge = self.owner.ask("POST", "/points/charges", {"amount": 3}, key=self.key)

    def path(self, pattern):
        """A route's path with what the owner has in place of each {}."""
        values = [str(self.concert)]
        if pattern.startswith((API + "/reservations/", API + "/operator/reservations/")):
            values = [self.reservation]
        if pattern.startswith((API + "/holds/", API + "/operator/holds/")):
            values = [self.hold]
        if pattern.endswith("/queue/{}"):
            values.append("resume")
        for value in values:
            pattern = pattern.replace("{}", value, 1)
        return pattern.removeprefix(API) if pattern.startswith(API) else "/" + pattern


def signed_out(client):
    assert client.ask("DELETE", "/sessions/current").status == 204
    return client


def callers(world):
    """Those whom nobody must let in anywhere come first."""
    good = base64.urlsafe_b64decode(world.other.token + "==")
    raised = bytearray(good)
    raised[2] = 2  # the role
    longer = bytearray(good)
    longer[-17] ^= 0x40  # the end
    return {
        "nobody": Client(),
        "signed out": signed_out(fan(23)),
        "signed-out operator": signed_out(operator()),
        "forged": Client(base64.urlsafe_b64encode(bytes(raised)).decode().rstrip("=")),
        "ended by hand": Client(base64.urlsafe_b64encode(bytes(longer)).decode().rstrip("=")),
        "ticket for a token": Client(world.ticket),
        "other fan": world.other,
        "fan": fan(24),
        "operator": world.office,
    }


def ask(client, world, method, pattern, headers=None, key=None):
    """Where the session is looked at by the script that does the work, the body must get that far."""
    body = {"seats": [5]} if pattern.endswith("/holds") else {}
    return client.ask(method, world.path(pattern), None if method in ("GET", "DELETE") else body, key, headers)


def refused_ones(tap, world, everybody):
    before = settled()
    for method, pattern, _pool, access, _key in routes():
        for who, status in NOT_IN[access].items():
            answer = ask(everybody[who], world, method, pattern)
            tap.same(f"{method} {pattern} for {who}", (status, CODES[status]), (answer.status, answer.code))
            # A cookie must not be better than a bearer token.
            if status == 401 and everybody[who].token is not None:
                answer = ask(Client(), world, method, pattern, {"Cookie": "frontrow_session=" + everybody[who].token})
                tap.same(f"{method} {pattern} for {who}, with a cookie", (status, CODES[status]),
                         (answer.status, answer.code))
    tap.same("none of these changed anything", [], differences(before, settled()))


def admitted_ones(tap, world, everybody):
    """Without a key and with an empty body: whoever is let in is told something else."""
    for method, pattern, _pool, access, _key in routes():
        if method == "DELETE" and pattern in (API + "/sessions/current", API + "/holds/{}"):
            continue
        for who, client in everybody.items():
            if who in NOT_IN[access]:
                continue
            answer = ask(client, world, method, pattern)
            tap.check(f"{method} {pattern} lets {who} in", answer.status not in (0, 401, 421, 500, 502)
                      and answer.code != "not_allowed", answer)


def is_same(tap, what, expected, answer):
    tap.same(what, expected, (answer.status, answer.code))


def anothers(tap, world):
    owner, other, office, concert = world.owner, world.other, world.office, world.concert
    before = settled()
    for client, who in ((other, "another fan"), (office, "an operator")):
        for path in (f"/reservations/{world.reservation}", f"/reservations/{world.reservation}/ticket.svg",
                     f"/reservations/{world.hold}"):
            is_same(tap, f"{who} does not see {path}", (404, "not_found"), client.ask("GET", path))
        is_same(tap, f"{who} cannot cancel", (404, "not_found"),
                client.ask("DELETE", f"/reservations/{world.reservation}", key=fresh_key()))
        is_same(tap, f"{who} cannot give the hold back", (404, "not_found"), client.ask("DELETE", f"/holds/{world.hold}"))
        answer = client.ask("POST", "/payments", {"reservation_numbers": [world.hold]}, key=fresh_key())
        tap.check(f"{who} cannot pay for the hold", answer.status in (409, 410), answer)
        tap.same(f"{who} has no such reservation", [],
                 [r for r in client.ask("GET", "/reservations").json["reservations"]
                  if r["reservation_number"] == world.reservation])
        tap.same(f"{who} has no such hold", [], client.ask("GET", f"/concerts/{concert}/holds").json["holds"])
        is_same(tap, f"{who} cannot use the place in the queue", (422, "bad_value"),
                client.ask("POST", f"/concerts/{concert}/queue", {"ticket": world.ticket}))
        ledger = client.ask("GET", "/points/entries").json["entries"]
        tap.check(f"{who} does not see the ledger",
                  world.charge.json["entry_id"] not in [entry["entry_id"] for entry in ledger])
    tap.same("none of these changed anything", [], differences(before, settled()))

    # The same key and the same body are nothing to do with the owner's.
    balance = other.ask("GET", "/points").json["balance"]
    answer = other.ask("POST", "/points/charges", {"amount": 3}, key=world.key)
    tap.same("another fan's key is one's own", (201, balance + 3), (answer.status, answer.json.get("balance")))
    tap.check("and does not give the owner's answer", answer.json["entry_id"] != world.charge.json["entry_id"])
    again = owner.ask("POST", "/points/charges", {"amount": 3}, key=world.key)
    tap.same("the owner's answer is still the owner's", world.charge.body, again.body)
    tap.same("the owner still sees it all", ["paid", 1],
             [owner.ask("GET", f"/reservations/{world.reservation}").json["state"],
              len(owner.ask("GET", f"/concerts/{concert}/holds").json["holds"])])


# What a path names is one fan's own, or everybody's.
OWN = {"reservations": True, "holds": True, "concerts": False}


def view(world):
    """What the owner is told by every route that a fan reads, but for what goes on by itself."""
    told = {}
    for method, pattern, _pool, access, _key in routes():
        if method == "GET" and access.startswith("fan"):
            answer = ask(world.owner, world, method, pattern)
            told[pattern] = re.sub(rb'"server_now":"[^"]*"', b"", answer.body)
            if pattern.endswith("/queue"):
                told[pattern] = answer.json.get("state"), answer.json.get("number")
    return told


def by_route(tap, world):
    """Every route of a fan, asked by others for the owner's things; a route to a new kind of thing fails here first."""
    before, email = view(world), world.owner.ask("GET", "/account").json["email"]
    marks = {"reservation": world.reservation, "hold": world.hold, "ticket": world.ticket, "e-mail": email}
    for method, pattern, _pool, access, _key in routes():
        if not access.startswith("fan") or pattern.endswith("/sessions/current"):
            continue
        kind = re.match(API + r"/([\w-]+)/\{\}", pattern)
        if not tap.check(f"{method} {pattern}: whose that is, is known", kind is None or kind[1] in OWN):
            continue
        for who, client in {"another fan": world.other, "an operator": world.office}.items():
            answer = ask(client, world, method, pattern, key=fresh_key())
            if kind is not None and OWN[kind[1]]:
                is_same(tap, f"{method} {pattern} of the owner for {who}", (404, "not_found"), answer)
            tap.same(f"{method} {pattern} tells {who} nothing of the owner's", [],
                     [what for what, text in marks.items() if text.encode() in answer.body])
    tap.same("the owner has all as it was", before, view(world))


def roles(tap):
    """Nobody makes themselves an operator."""
    client = Client()
    for extra in ({"role": "operator"}, {"points": 1000000}, {"account_id": 1}):
        answer = client.ask("POST", "/accounts",
                            {"email": f"{fresh_key()}@demo.test", "password": "long-enough", "name": "N"} | extra)
        is_same(tap, f"an account cannot be asked for with {next(iter(extra))}", (400, "bad_json"), answer)


def shared_documents(tap, world):
    """What is cached for all must be the same for all, but for when it was made."""
    for path in ("/concerts", f"/concerts/{world.concert}", f"/concerts/{world.concert}/seats",
                 f"/concerts/{world.concert}/layout"):
        answers = [client.ask("GET", path) for client in (world.owner, Client(), world.other)]
        bodies = {re.sub(rb'"server_now":"[^"]*"', b"", answer.body) for answer in answers}
        tap.same(f"{path} is the same for everybody", 1, len(bodies))
        tap.check(f"{path} sets no cookie", all("Set-Cookie" not in answer.headers for answer in answers))
    for path in ("/account", "/points", f"/concerts/{world.concert}/queue", "/reservations"):
        tap.same(f"{path} is kept by nobody", "no-store", world.owner.ask("GET", path).headers.get("Cache-Control"))


def main():
    tap = Tap()
    world = World()
    everybody = callers(world)
    refused_ones(tap, world, everybody)
    anothers(tap, world)
    by_route(tap, world)
    roles(tap)
    shared_documents(tap, world)
    admitted_ones(tap, world, everybody)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
