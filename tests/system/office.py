#!/usr/bin/env python3
"""The operators' day: a hall from a CSV file, who holds what, whose seat it is, tickets at the door, what is stuck."""
import re
import sys
import tempfile
import uuid
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import zbar

from frontrow import (Client, Tap, become_active, buy, ctl, fan, fresh_key, hold, in_parallel, new_concert, operator, poll,
                      sql)

PLAN = "section,grade,price,rows,seats_per_row\nFloor,VIP,2000,2,10\nBalcony,R,1000,3,10\n"
STARTS = "2031-03-01T10:00:00.000Z"


def read_code(svg):
    """What a camera would read: the path's modules as grey pixels, given to zbar."""
    picture = ElementTree.fromstring(svg)
    side = int(picture.get("viewBox").split()[2])
    scale = 4
    pixels = bytearray(b"\xff" * (side * scale) ** 2)
    modules = picture.findall("{http://www.w3.org/2000/svg}path")[1].get("d")
    for column, row, run in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", modules):
        for y in range(int(row) * scale, (int(row) + 1) * scale):
            start = y * side * scale + int(column) * scale
            pixels[start:start + int(run) * scale] = b"\0" * (int(run) * scale)
    image = zbar.Image(side * scale, side * scale, "Y800", bytes(pixels))
    zbar.ImageScanner().scan(image)
    return [symbol.data for symbol in image]


# ---- halls ------------------------------------------------------------------------------------------------------------


def imports(tap, office):
    body = {"title": "Imported", "starts_at": STARTS, "capacity": 7, "plan": PLAN}
    answer = office.ask("POST", "/operator/concerts/import", body)
    tap.same("a CSV file becomes a concert", (201, "Imported", 50, 1000, 7),
             (answer.status, *(answer.json.get(k) for k in ("title", "seats_total", "price_from", "capacity"))))
    layout = office.ask("GET", f"/concerts/{answer.json['concert_id']}/layout").json
    tap.same("its sections are those of the file", [("Floor", "VIP", 2, 10), ("Balcony", "R", 3, 10)],
             [tuple(s[k] for k in ("section", "grade", "rows", "seats_per_row")) for s in layout["sections"]])

    before = sql("SELECT COUNT(*) FROM concert")
    wrong = "section,grade,price,rows,seats_per_row\nA,R,cheap,1,1\nB,R,1,0,1\nB,R,1,1\n"
    answer = office.ask("POST", "/operator/concerts/import", body | {"plan": wrong})
    tap.same("its mistakes are told by line", (422, "bad_value", "plan", [(2, "price"), (3, "rows"), (4, None)]),
             (answer.status, answer.code, answer.json["field"], [(e["line"], e["field"]) for e in answer.json["errors"]]))
    korean = office.ask("POST", "/operator/concerts/import", body | {"plan": wrong}, headers={"Accept-Language": "ko"})
    tap.check("in Korean, too", all(re.search("[가-힣]", e["detail"]) for e in korean.json["errors"]), korean)
    answer = office.ask("POST", "/operator/concerts/import", body | {"starts_at": "2001-01-01T00:00:00.000Z"})
    tap.same("all else is looked at as ever", (422, "starts_at"), (answer.status, answer.json.get("field")))
    tap.same("no refusal made a concert", before, sql("SELECT COUNT(*) FROM concert"))

    largest = "section,grade,price,rows,seats_per_row\n" + "".join(f"S{i},R,1,2,50\n" for i in range(500))
    answer = office.ask("POST", "/operator/concerts/import", body | {"plan": largest})
    tap.same("the largest hall fits into a body", (201, 50000), (answer.status, answer.json.get("seats_total")))


def imports_by_ctl(tap):
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder) / "plan.csv"
        plan.write_text(PLAN)
        said = ctl("concert", "import", str(plan), "title=By hand", f"starts_at={STARTS}", "capacity=9")
        number = said.stdout.split()[-1] if said.returncode == 0 else "0"
        tap.same("frontrowctl concert import", (0, [["By hand", "50", "9"]]),
                 (said.returncode, sql(f"SELECT title, seats_total, capacity FROM concert WHERE concert_id = {number}")))
        plan.write_text("section,grade,price,rows,seats_per_row\nA,R,cheap,1,1\n")
        said = ctl("concert", "import", str(plan), "title=By hand", f"starts_at={STARTS}")
        tap.same("names file, line and column", (1, f"{plan}:2: price: "), (said.returncode, said.stderr[:len(f"{plan}:2: price: ")]))
        for words in (["import", str(plan)], ["import", "/nowhere", "title=T", f"starts_at={STARTS}"],
                      ["import", str(plan), "title=T", f"starts_at={STARTS}", "colour=red"]):
            tap.check(f"frontrowctl concert {' '.join(words[:2])}… says no", ctl("concert", *words).returncode in (1, 2))


# ---- holds and reservations -------------------------------------------------------------------------------------------


def holds(tap, office):
    concert = new_concert(office, seats_per_fan=8)
    one, other = fan(51), fan(52)
    for client, seats in ((one, [1, 2]), (other, [3])):
        become_active(client, concert)
        hold(client, concert, seats)
    answer = office.ask("GET", f"/operator/concerts/{concert}/holds?limit=2")
    first = answer.json["holds"]
    rest = office.ask("GET", f"/operator/concerts/{concert}/holds?limit=2&cursor={answer.json['next_cursor']}").json
    tap.same("who holds what", [(1, "fan51@demo.test"), (2, "fan51@demo.test"), (3, "fan52@demo.test")],
             sorted((h["seat"], h["email"]) for h in first + rest["holds"]))
    tap.check("and until when", all(h["expires_at"] > answer.json["server_now"] for h in first), answer)

    held = {h["seat"]: h for h in first + rest["holds"]}
    path = f"/operator/holds/{held[3]['reservation_number']}"
    answer = office.ask("DELETE", f"{path}?account_id={held[1]['account_id']}")
    tap.same("a seat is not taken from whom it was not seen with", (404, "not_found"), (answer.status, answer.code))
    tap.same("a hold is taken back", 204, office.ask("DELETE", f"{path}?account_id={held[3]['account_id']}").status)
    tap.same("its holder has it no more", [], other.ask("GET", f"/concerts/{concert}/holds").json["holds"])
    tap.same("and another may have it", 201, hold(one, concert, [3]).status)
    tap.same("the answer to a repetition", 204, office.ask("DELETE", path).status)

    said = ctl("hold", "list", str(concert))
    tap.same("frontrowctl hold list", (0, 2), (said.returncode, len(said.stdout.splitlines())))
    tap.same("frontrowctl hold release", 0, ctl("hold", "release", held[1]["reservation_number"]).returncode)
    tap.same("says when nobody holds it", 1, ctl("hold", "release", held[1]["reservation_number"]).returncode)


def reservations(tap, office):
    concert = new_concert(office)
    number = buy(fan(53), concert, 4)
    answer = office.ask("GET", f"/operator/reservations/{number}")
    tap.same("anybody's reservation is found, with whose it is", (200, number, "paid", "fan53@demo.test", "Demo Fan 53", None),
             (answer.status, *(answer.json.get(k) for k in ("reservation_number", "state", "email", "name", "used_at"))))
    answer = office.ask("GET", f"/operator/reservations/{number[:-1]}5")
    tap.same("a free seat's is not", (404, "not_found"), (answer.status, answer.code))
    said = ctl("reservation", number)
    tap.check("frontrowctl reservation", said.returncode == 0 and "fan53@demo.test" in said.stdout, said)
    tap.same("says when there is none", 1, ctl("reservation", number[:-1] + "5").returncode)


# ---- the door ---------------------------------------------------------------------------------------------------------


def verify(office, ticket, concert=None):
    body = {"ticket": ticket} if concert is None else {"ticket": ticket, "concert_id": concert}
    answer = office.ask("POST", "/operator/tickets/verify", body)
    return answer.status, answer.json.get("valid"), answer.json.get("reason"), answer.json


def door(tap, office):
    concert, elsewhere = new_concert(office), new_concert(office)
    owner = fan(54)
    number = buy(owner, concert, 1)
    answer = owner.ask("GET", f"/reservations/{number}/ticket.svg")
    tap.same("the ticket is a picture that nobody keeps", (200, "image/svg+xml", "no-store"),
             (answer.status, answer.headers["Content-Type"], answer.headers["Cache-Control"]))
    codes = read_code(answer.body)
    tap.same("with one code in it", 1, len(codes))
    ticket = codes[0]
    tap.same("which is the same again", answer.body, owner.ask("GET", f"/reservations/{number}/ticket.svg").body)
    tap.same("another fan does not get it", 404, fan(55).ask("GET", f"/reservations/{number}/ticket.svg").status)
    tap.same("nor a caller without a session", 401, Client().ask("GET", f"/reservations/{number}/ticket.svg").status)

    tap.same("at another concert's door it is told apart", (200, False, "another_concert"),
             verify(office, ticket, elsewhere)[:3])
    doors = [operator() for _ in range(6)]
    answers = in_parallel([lambda door=door: verify(door, ticket, concert) for door in doors])
    tap.same("of six doors at once one opens", [False] * 5 + [True], sorted(answer[1] for answer in answers))
    tap.same("the others know it was used", {"used", None}, {answer[2] for answer in answers})
    tap.same("all of them since the same moment", 1, len({answer[3]["used_at"] for answer in answers}))
    opened = next(answer[3] for answer in answers if answer[1])
    tap.same("the door sees where to send them", (number, "TestConcert", "A", 1, 1),
             tuple(opened[k] for k in ("reservation_number", "title", "section", "row", "number")))
    tap.same("later it is used", (200, False, "used"), verify(office, ticket)[:3])
    tap.same("the owner sees that", opened["used_at"], owner.ask("GET", f"/reservations/{number}").json["used_at"])
    answer = owner.ask("DELETE", f"/reservations/{number}", key=fresh_key())
    tap.same("and cannot cancel what was used", (409, "too_late"), (answer.status, answer.code))

    forged = ticket[:5] + ("A" if ticket[5] != "A" else "B") + ticket[6:]
    place = owner.ask("POST", f"/concerts/{elsewhere}/queue").json["ticket"]
    for what, wrong in (("a forged one", forged), ("a place in the queue", place), ("a token", owner.token),
                        ("a number", number), ("anything", "🎫'; --")):
        tap.same(f"{what} is unknown", (200, False, "unknown", None),
                 (*verify(office, wrong)[:3], verify(office, wrong)[3]["reservation_number"]))

    second = buy(owner, concert, 2)
    ticket = read_code(owner.ask("GET", f"/reservations/{second}/ticket.svg").body)[0]
    owner.ask("DELETE", f"/reservations/{second}", key=fresh_key())
    tap.same("a cancelled one is told apart", (200, False, "cancelled"), verify(office, ticket)[:3])


# ---- events -----------------------------------------------------------------------------------------------------------


def stuck(tap, office):
    answer = office.ask("GET", "/operator/outbox")
    tap.same("what waits is shown", (200, True), (answer.status, all(
        isinstance(answer.json.get(name), int) for name in ("waiting", "retrying", "lag_ms")) and "events" in answer.json))
    said = ctl("outbox")
    tap.check("frontrowctl outbox", said.returncode == 0 and said.stdout.startswith("waiting "), said)

    events = [str(uuid.uuid4()) for _ in range(3)]
    for event in events:
        sql("INSERT INTO dead_letter (consumer_group, event_id, aggregatetype, aggregateid, type, payload, error, attempts, "
            f"created_at) VALUES ('payment-message', '{event}', 'test', '{event}', 'never.heard.of', 'no JSON', "
            "'it hurt', 8, UTC_TIMESTAMP(3))")
    first = office.ask("GET", "/operator/dead-letters?limit=2").json
    rest = office.ask("GET", f"/operator/dead-letters?limit=2&cursor={first['next_cursor']}").json
    letters = {letter["event_id"]: letter for letter in first["dead_letters"] + rest["dead_letters"]}
    tap.same("what is stuck is listed, page by page", set(events), set(letters) & set(events))
    letter = letters[events[0]]
    tap.same("with what went wrong", ("payment-message", "it hurt", 8, None),
             tuple(letter[k] for k in ("consumer_group", "error", "attempts", "replayed_at")))
    path = f"/operator/dead-letters/{letter['dead_letter_id']}"
    tap.same("one of them, with its payload", "no JSON", office.ask("GET", path).json.get("payload"))
    answer = office.ask("POST", f"{path}/replay")
    tap.check("it is sent again", answer.status == 200 and answer.json["replayed_at"] is not None, answer)
    tap.same("to its group alone", [["payment-message"]],
             sql(f"SELECT consumer_group FROM event_retry WHERE event_id = '{events[0]}' UNION "
                 f"SELECT consumer_group FROM inbox WHERE event_id = '{events[0]}'"))
    tap.check("which gets it", poll(15, lambda: sql(f"SELECT COUNT(*) FROM inbox WHERE event_id = '{events[0]}'") == [["1"]]))
    for number in ("999999999", "0", "x"):
        tap.same(f"{number} is no dead letter", (404, 404), (office.ask("GET", f"/operator/dead-letters/{number}").status,
                                                              office.ask("POST", f"/operator/dead-letters/{number}/replay").status))
    number = str(letters[events[1]]["dead_letter_id"])
    said = ctl("dead-letters", "list")
    tap.check("frontrowctl dead-letters list", said.returncode == 0 and f"{number}\tdead" in said.stdout, said)
    said = ctl("dead-letters", "show", number)
    tap.check("frontrowctl dead-letters show", said.returncode == 0 and "no JSON" in said.stdout, said)
    tap.same("frontrowctl dead-letters replay", 0, ctl("dead-letters", "replay", number).returncode)
    tap.same("says when there is none", 1, ctl("dead-letters", "show", "999999999").returncode)
    tap.same("frontrowctl dead-letters alone says how", 2, ctl("dead-letters").returncode)
    poll(15, lambda: sql("SELECT COUNT(*) FROM event_retry") == [["0"]])


# ---- the queue by hand ------------------------------------------------------------------------------------------------


SETTINGS = {"capacity": 3, "rate_per_minute": 60, "active_ttl_s": 60, "admit_ttl_s": 20, "hold_ttl_s": 30, "seats_per_fan": 2}


def steer_by_ctl(office, concert, verb):
    del office
    return ctl("queue", str(concert), verb).returncode == 0


def set_by_ctl(office, concert, settings):
    del office
    return ctl("queue", str(concert), "set", *(f"{name}={value}" for name, value in settings.items())).returncode == 0


def steer_by_http(office, concert, verb):
    return office.ask("POST", f"/operator/concerts/{concert}/queue/{verb}").status == 200


def set_by_http(office, concert, settings):
    return office.ask("PATCH", f"/operator/concerts/{concert}", settings).status == 200


def seconds_left(said):
    """Until what was said ends."""
    ends, now = (datetime.fromisoformat(said[name].replace("Z", "+00:00")) for name in ("expires_at", "server_now"))
    return (ends - now).total_seconds()


def levers(tap, office, way, steer, change):
    """Each lever counts within a second, for the queue itself: what a fan is told is in no cache."""
    concert = new_concert(office)
    fans = [fan(n) for n in range(31, 37)]
    for verb, status, reason in (("pause", 201, "paused"), ("resume", 200, None), ("drain", 403, None), ("close", 403, None),
                                 ("resume", 200, None)):
        good = steer(office, concert, verb)
        answer = (fans[1] if status == 403 else fans[0]).ask("POST", f"/concerts/{concert}/queue", {})
        tap.check(f"{way}: {verb}", good and answer.status == status and (reason is None or answer.json["estimate_reason"] == reason),
                  answer)
    tap.check(f"{way}: settings", change(office, concert, SETTINGS))
    tap.check(f"{way}: the board has them", poll(2, lambda: [
        office.ask("GET", f"/concerts/{concert}/board").json[k] for k in ("capacity", "rate_per_minute")] == [3, 60]))
    policy = next(c for c in office.ask("GET", "/operator/concerts").json["concerts"] if c["concert_id"] == concert)
    tap.same(f"{way}: every setting is kept", SETTINGS, {name: policy[name] for name in SETTINGS})
    steer(office, concert, "pause")
    for client in fans:
        client.ask("POST", f"/concerts/{concert}/queue", {})
    steer(office, concert, "resume")

    def states():
        return [client.ask("GET", f"/concerts/{concert}/queue").json["state"] for client in fans]

    tap.check(f"{way}: the rate lets in one after the other up to the capacity", states().count("waiting") >= 4 and poll(
        10, lambda: states().count("waiting") == 3), states())
    called = next(client for client, state in reversed(list(zip(fans, states()))) if state == "admitted")
    left = seconds_left(called.ask("GET", f"/concerts/{concert}/queue").json)
    tap.check(f"{way}: the time to come in", 0 < left <= 20, left)
    left = seconds_left(called.ask("POST", f"/concerts/{concert}/queue", {}).json)
    tap.check(f"{way}: the time inside", 20 < left <= 60, left)
    left = seconds_left(called.ask("POST", f"/concerts/{concert}/holds", {"seats": [1, 2]}).json)
    tap.check(f"{way}: the time of a hold", 0 < left <= 30, left)
    tap.same(f"{way}: seats for a fan", "hold_limit", called.ask("POST", f"/concerts/{concert}/holds", {"seats": [3]}).code)
    tap.check(f"{way}: more room lets in as many more within a second", change(
        office, concert, {"capacity": 5, "rate_per_minute": 60000}) and poll(1, lambda: states().count("waiting") == 1), states())
    steer(office, concert, "pause")
    change(office, concert, {"capacity": 6})
    tap.same(f"{way}: nobody is let in while it pauses", 1, states().count("waiting"))
    steer(office, concert, "resume")
    tap.check(f"{way}: and within a second of going on", poll(1, lambda: states().count("waiting") == 0), states())


def queue_by_hand(tap, office):
    levers(tap, office, "HTTP", steer_by_http, set_by_http)
    levers(tap, office, "frontrowctl", steer_by_ctl, set_by_ctl)
    for words in (["stop"], ["p"], ["set"], ["set", "capacity=0"], ["set", "colour=red"], ["pause", "now"]):
        tap.same(f"frontrowctl queue {' '.join(words)} is refused", 2, ctl("queue", "1", *words).returncode)
    tap.same("and so is another concert", 1, ctl("queue", "999999", "pause").returncode)


# ---- room for the next ------------------------------------------------------------------------------------------------


def place(client, concert):
    return client.ask("GET", f"/concerts/{concert}/queue").json


def come_in(client, concert):
    return client.ask("POST", f"/concerts/{concert}/queue", {}).json


def room_for_the_next(tap, office):
    """One at a time, and whichever way a fan goes, the next is called within a second."""
    concert = new_concert(office, capacity=1)
    sql(f"UPDATE concert SET admit_ttl_s = 2, active_ttl_s = 4 WHERE concert_id = {concert}")
    office.ask("PATCH", f"/operator/concerts/{concert}", {"hold_ttl_s": 60})
    payer, leaver, sleeper, idler, last = fans = [fan(n) for n in range(41, 46)]
    for client in fans:
        come_in(client, concert)

    def is_called(client, seconds=1.0):
        return poll(seconds, lambda: place(client, concert)["state"] == "admitted")

    buy(payer, concert, 1)
    tap.check("the next is called within a second of a payment", is_called(leaver))
    come_in(leaver, concert)
    leaver.ask("DELETE", f"/concerts/{concert}/queue")
    tap.check("within a second of leaving", is_called(sleeper))
    tap.check("within a second of an admission that is not taken up",
              is_called(idler, 1 + seconds_left(place(sleeper, concert))))
    tap.check("within a second of the end of the time inside", is_called(last, 1 + seconds_left(come_in(idler, concert))))


def a_seat_that_comes_back(tap, office):
    """The only seat is sold and given back: the line stands still, and moves on within a second."""
    concert = new_concert(office, capacity=1, sections=[{"section": "A", "grade": "R", "rows": 1, "seats_per_row": 1}])
    buyer, waiting = fan(46), fan(47)
    become_active(buyer, concert)
    come_in(waiting, concert)
    number = buy(buyer, concert, 1)
    tap.check("the board says that all is sold", poll(2, lambda: office.ask("GET", f"/concerts/{concert}/board").json[
        "state"] == "sold_out"))
    tap.same("and nobody is called", "waiting", place(waiting, concert)["state"])
    buyer.ask("DELETE", f"/reservations/{number}", key=fresh_key())
    tap.check("the next is called within a second of a cancellation", poll(
        1, lambda: place(waiting, concert)["state"] == "admitted"))


def main():
    tap = Tap()
    office = operator()
    imports(tap, office)
    imports_by_ctl(tap)
    holds(tap, office)
    reservations(tap, office)
    door(tap, office)
    stuck(tap, office)
    queue_by_hand(tap, office)
    room_for_the_next(tap, office)
    a_seat_that_comes_back(tap, office)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
