"""What is measured: each case has a thing, usually a ceiling and a peer in the same run, and what Redis looks like before."""

API = "/api/v1"
# More numbers than a bench hands out, so that no round waits for MySQL to reserve a further block and another does not;
# and fewer than the line is cut at (src/store/lua/_line.lua).
NUMBERS_END = 2_000_000
INSIDE = 10
STEP = 50000

# An empty queue whose room inside is taken, so that nobody is admitted meanwhile.
#   ARGV  concert, people waiting, numbers' end, people inside
QUEUE = """
local function key(name) return name .. ':{c' .. ARGV[1] .. '}' end
redis.call('DEL', key('wait'), key('admitted'), key('active'), key('places'), key('served'), key('gate'), key('early'), key('away'))
redis.call('HSET', key('concert'), 'numbers_start', 0, 'numbers_end', ARGV[3], 'entries', ARGV[2] + ARGV[4])
for i = 1, ARGV[2] do redis.call('ZADD', key('wait'), i, i) end
redis.call('SET', key('seq'), ARGV[2])
local later = redis.call('TIME')[1] * 1000 + 3600000
for i = 1, ARGV[4] do
  redis.call('ZADD', key('active'), later, 'guest' .. i)
  redis.call('HSET', key('places'), 'guest' .. i, '0 ' .. later)
end
return 'done'
"""

# More people in it.
#   ARGV  concert, from, to
CROWD = """
local function key(name) return name .. ':{c' .. ARGV[1] .. '}' end
for i = ARGV[2], ARGV[3] do redis.call('ZADD', key('wait'), i, i) end
redis.call('SET', key('seq'), ARGV[3])
redis.call('HINCRBY', key('concert'), 'entries', ARGV[3] - ARGV[2] + 1)
return 'done'
"""

# No seat held, and every fan inside.
#   ARGV  concert, seats, fans
HALL = """
local function key(name) return name .. ':{c' .. ARGV[1] .. '}' end
redis.call('DEL', key('wait'), key('admitted'), key('active'), key('places'), key('holds'), key('hold_bits'), key('early'), key('away'))
redis.call('SET', key('sold'), '')
redis.call('HSET', key('concert'), 'entries', ARGV[3])
for seat = 1, ARGV[2] do redis.call('DEL', key('hold') .. ':' .. seat) end
local later = redis.call('TIME')[1] * 1000 + 3600000
for fan = 1, ARGV[3] do
  redis.call('DEL', key('held') .. ':' .. fan, key('extended') .. ':' .. fan)
  redis.call('ZADD', key('active'), later, fan)
  redis.call('HSET', key('places'), fan, fan .. ' ' .. later)
end
return 'done'
"""

# Every seat held by the fan of the same number.
#   ARGV  concert, seats
HELD = """
local function key(name) return name .. ':{c' .. ARGV[1] .. '}' end
local later = redis.call('TIME')[1] * 1000 + 3600000
for seat = 1, ARGV[2] do
  redis.call('SET', key('hold') .. ':' .. seat, seat, 'PX', 3600000)
  redis.call('ZADD', key('holds'), later, seat)
  redis.call('ZADD', key('held') .. ':' .. seat, later, seat)
  redis.call('SETBIT', key('hold_bits'), seat, 1)
  redis.call('ZADD', key('active'), later, seat)
  redis.call('HSET', key('places'), seat, seat .. ' ' .. later)
end
local entries = 0
for _, set in ipairs({'wait', 'early', 'away', 'admitted', 'active'}) do
  entries = entries + redis.call('ZCARD', key(set))
end
redis.call('HSET', key('concert'), 'entries', entries)
return 'done'
"""

# What Redis knows of a hall that is sold out: the bare transaction tells it nothing, and would else leave to the groups
# what the others do before they answer.
#   ARGV  concert, seats
SOLD = """
for seat = 1, ARGV[2] do redis.call('SETBIT', 'sold:{c' .. ARGV[1] .. '}', seat, 1) end
return 'done'
"""


def document(settings, name, path, what):
    """A document that all fans share, held against a static file of the same size from the same nginx."""
    return {"name": name, "what": what, "target": 0.9, "document": path, "ab": True,
            "thing": {"url": settings["url"] + path, "lua": "get.lua"},
            "ceiling": {"what": "static file", "url": f"{settings['url']}/bench/{name}.json", "lua": "get.lua"}}


class Fans:
    """Cases in which each request comes from another fan."""

    def __init__(self, settings):
        self.settings = settings

    def side(self, what, url, kind, concert, **more):
        environment = {"BENCH_KIND": kind, "BENCH_CONCERT": str(concert), "BENCH_SEATS": str(self.settings["seats"]),
                       "BENCH_DATE": str(self.settings["date"]), "BENCH_TOKENS": self.settings["tokens"],
                       "BENCH_THREADS": str(self.settings["wrk_threads"])}
        return {"what": what, "url": url, "lua": "fans.lua", "env": environment, **more}

    def case(self, name, what, kind, concerts, php=True, **more):
        """concerts: of the thing, of the ceiling, of the peer."""
        settings = self.settings
        case = {"name": name, "what": what, **more,
                "thing": self.side(name, settings["url"], kind, concerts[0], counter=f"{name} thing"),
                "ceiling": self.side("bare", settings["bare_url"], kind, concerts[1], counter=f"{name} bare")}
        if php and "php_url" in settings:
            case["peer"] = self.side("PHP", settings["php_url"], kind, concerts[2], counter=f"{name} php")
        return case


def cases(settings):
    """All cases by name."""
    hall, stadium, count, seats = (settings[name] for name in ("hall", "stadium", "fans", "seats"))
    fans, halls = Fans(settings), (hall, hall, hall)
    pay_halls = (settings["pay_hall"], settings["bare_hall"], settings.get("php_hall"))
    hold_halls = [first + number for first in (pay_halls[0], pay_halls[2]) if first for number in range(settings["halls"])]
    every = [
        {"name": "static", "what": "a static file of 900 bytes", "ab": True,
         "thing": {"url": f"{settings['url']}/bench/static.json", "lua": "get.lua"}},
        {"name": "hello", "what": "/healthz against the bare edge, without a script",
         "thing": {"url": f"{settings['url']}/healthz", "lua": "get.lua"},
         "ceiling": {"what": "bare", "url": f"{settings['bare_url']}/healthz", "lua": "get.lua"}},
        document(settings, "board", f"{API}/concerts/{stadium}/board", "the board, kept for a second"),
        document(settings, "seats", f"{API}/concerts/{stadium}/seats", "20,000 seats as bits, kept for a second"),
        document(settings, "concerts", f"{API}/concerts", "the list of concerts, kept for a second"),
        fans.case("status", f"own place, {count:,} waiting", "status", halls, target=0.9, expect=200,
                  prepare=[[QUEUE, hall, count, NUMBERS_END, INSIDE]]),
        fans.case("join", "a new place in the queue", "join", halls, target=0.9, expect=201, php=False,
                  reset=[QUEUE, hall, 0, NUMBERS_END, INSIDE]),
        fans.case("hold", "one seat more, four to a fan", "hold", halls, target=0.9, expect=201,
                  reset=[HALL, hall, seats, seats // 4]),
        fans.case("hold-contended", "everybody wants the same 50 seats", "contended", halls, php=False,
                  reset=[HALL, hall, seats, count]),
        fans.case("charge", "points charged", "charge", halls, target=0.85, php=False, drain=True),
        fans.case("pay", "one seat paid for", "pay", pay_halls, target=0.85, drain=True,
                  prepare=[[HELD, concert, seats] for concert in hold_halls] +
                  [[SOLD, pay_halls[1] + number, seats] for number in range(settings["halls"])]),
    ]
    if "php_url" in settings:
        every[1]["peer"] = {"what": "PHP", "url": f"{settings['php_url']}/healthz", "lua": "get.lua"}
    return {case["name"]: case for case in every}
