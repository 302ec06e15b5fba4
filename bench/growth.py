"""How cost grows: with the line, with the seats, and how quickly events leave the outbox."""
import sys
import time

import cases
from rounds import ask, median, sum_up

EVENTS_COUNT = 10000
# Payments that nobody made, in a hall that is paid for elsewhere.
EVENTS = """
INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, created_at)
SELECT numbered.id, 'payment', numbered.number, 'payment.completed', CONCAT('{"event_id":"', numbered.id,
    '","type":"payment.completed","version":1,"payment_id":', numbered.number,
    ',"account_id":', numbered.number % 50000 + 1, ',"concert_id":', @concert,
    ',"place":0,"amount":100,"paid_at":"2027-03-01T10:00:00.000Z","reservations":[{',
    '"reservation_number":"20990301.', @concert, '.', numbered.number % 50000 + 1,
    '","seat":', numbered.number % 50000 + 1, ',"price":100}]}'), UTC_TIMESTAMP(3)
FROM (SELECT @first + seq AS number, INSERT(INSERT(UUID(), 1, 8, LPAD(HEX(@first + seq), 8, '0')), 15, 1, '4') AS id
    FROM seq_1_to_10000) AS numbered
"""


def measure_queue_size(bench, known):
    """Asking for one's place in queues of several sizes."""
    settings, rows = bench.settings, []
    case = {"name": "queue-size", "thing": known["status"]["thing"]}
    for size in (1000, 10000, 100000, 1000000):
        bench.redis(cases.QUEUE, settings["hall"], 0, cases.NUMBERS_END, cases.INSIDE)
        for first in range(1, size + 1, cases.STEP):
            bench.redis(cases.CROWD, settings["hall"], first, min(size, first + cases.STEP - 1))
        key = f"wait:{{c{settings['hall']}}}"
        samples = []
        for _ in range(settings["rounds"]):
            bench.redis_command("CONFIG", "RESETSTAT")
            sample = bench.sample(case, "thing")
            sample["script_us"] = bench.command_us("evalsha")
            samples.append(sample)
        memory = int(bench.redis_command("MEMORY", "USAGE", key, "SAMPLES", 0))
        rows.append({"label": f"{size:,} waiting", "size": size, **sum_up(samples), "memory_mb": memory / 1048576,
                     "script_us": median([sample["script_us"] for sample in samples])})
        print(".", end="", file=sys.stderr, flush=True)
    bench.redis(cases.QUEUE, settings["hall"], 0, cases.NUMBERS_END, cases.INSIDE)
    return {"name": "queue-size", "what": "own place, by the number of people waiting", "rows": rows}


def measure_map(bench, _):
    """The hall's seats, made anew for each request (?fresh=1 is not kept) and as nginx keeps them."""
    settings, rows = bench.settings, []
    for concert, seats in ((1, 50), (settings["stadium"], 20000), (settings["hall"], settings["seats"])):
        url = f"{settings['url']}{cases.API}/concerts/{concert}/seats"
        for query, what in (("?fresh=1", "made anew"), ("", "kept")):
            case = {"thing": {"url": url + query, "lua": "get.lua"}}
            size = len(ask(url + query)[1])
            rows.append({"label": f"{seats:,} {what}", "seats": seats, "what": what, "bytes": size,
                         **sum_up([bench.sample(case, "thing") for _ in range(settings["rounds"])])})
            print(".", end="", file=sys.stderr, flush=True)
    return {"name": "map", "what": "the hall's seats", "rows": rows}


def measure_relay(bench, _):
    """Events from the outbox to the bus, and until all groups are done with them."""
    settings, rates = bench.settings, []
    for number in range(settings["rounds"]):
        bench.wait_for_quiet()
        bench.wait_for_drain()
        bench.sql(EVENTS, f"SET @first = {1000000 + number * EVENTS_COUNT}, @concert = {settings['bare_hall']}")
        began = time.monotonic()
        while int(bench.sql("SELECT COUNT(*) FROM outbox WHERE sent_at IS NULL")) > 0:
            time.sleep(0.01)
        sent = time.monotonic() - began
        bench.wait_for_drain()
        rates.append({"sent_per_s": EVENTS_COUNT / sent, "done_per_s": EVENTS_COUNT / (time.monotonic() - began)})
        print(".", end="", file=sys.stderr, flush=True)
    return {"name": "relay", "what": f"{EVENTS_COUNT:,} events waiting in the outbox",
            "sent_per_s": median([rate["sent_per_s"] for rate in rates]),
            "done_per_s": median([rate["done_per_s"] for rate in rates]), "samples": rates}
