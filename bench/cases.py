"""What is measured: each case has a thing, usually a ceiling in the same run, and what Redis looks like before a round."""

API = "/api/v1"
# More numbers than a bench hands out, so that no round waits for MySQL to reserve a further block and another does not.
NUMBERS_END = 10 ** 12
INSIDE = 10

# An empty queue whose room inside is taken, so that nobody is admitted meanwhile.
#   ARGV  concert's tag, people waiting, numbers' end, people inside
QUEUE = """
local function key(name) return name .. ':{c' .. ARGV[1] .. '}' end
redis.call('DEL', key('wait'), key('admitted'), key('active'), key('places'), key('served'), key('gate'))
redis.call('HSET', key('concert'), 'numbers_end', ARGV[3])
for i = 1, ARGV[2] do redis.call('ZADD', key('wait'), i, i) end
redis.call('SET', key('seq'), ARGV[2])
local later = redis.call('TIME')[1] * 1000 + 3600000
for i = 1, ARGV[4] do
  redis.call('ZADD', key('active'), later, 'guest' .. i)
  redis.call('HSET', key('places'), 'guest' .. i, '0 ' .. later)
end
return 'done'
"""

# No seat held, and every fan inside.
#   ARGV  concert's tag, seats, fans
HALL = """
local function key(name) return name .. ':{c' .. ARGV[1] .. '}' end
redis.call('DEL', key('wait'), key('admitted'), key('active'), key('places'), key('holds'), key('hold_bits'), key('sold'))
for seat = 1, ARGV[2] do redis.call('DEL', key('hold') .. ':' .. seat) end
local later = redis.call('TIME')[1] * 1000 + 3600000
for fan = 1, ARGV[3] do
  redis.call('DEL', key('held') .. ':' .. fan, key('extended') .. ':' .. fan)
  redis.call('ZADD', key('active'), later, fan)
  redis.call('HSET', key('places'), fan, fan .. ' ' .. later)
end
return 'done'
"""


def document(settings, name, path, what):
    """A document that all fans share, held against a static file of the same size from the same nginx."""
    return {"name": name, "what": what, "target": ">= 0.85", "document": path,
            "thing": {"url": settings["url"] + path, "lua": "get.lua"},
            "ceiling": {"what": "static file", "url": f"{settings['url']}/bench/{name}.json", "lua": "get.lua"}}


def fans(settings, name, method, concert, path, what, expect, seats=0, **more):
    """Each request from another fan, held against the same script behind the same nginx and edge."""
    path = f"{API}/concerts/{concert}{path}"
    environment = {"BENCH_METHOD": method, "BENCH_PATH": path, "BENCH_TOKENS": settings["tokens"],
                   "BENCH_SEATS": str(seats)}
    return {"name": name, "what": what, "target": ">= 0.75", "expect": expect,
            "thing": {"url": settings["url"] + path, "lua": "fans.lua", "env": environment},
            "ceiling": {"what": "bare worker", "url": settings["bare_url"] + path, "lua": "fans.lua",
                        "env": environment}, **more}


def cases(settings):
    """All cases by name."""
    hall, stadium, count = settings["hall"], settings["stadium"], int(settings["fans"])
    seats = int(settings["seats"])
    every = [
        {"name": "static", "what": "a static file of 900 bytes",
         "thing": {"url": f"{settings['url']}/bench/static.json", "lua": "get.lua"}},
        {"name": "hello", "what": "/healthz against the bare edge",
         "thing": {"url": f"{settings['url']}/healthz", "lua": "get.lua"},
         "ceiling": {"what": "bare edge", "url": f"{settings['bare_url']}/healthz", "lua": "get.lua"}},
        document(settings, "board", f"{API}/concerts/{stadium}/board", "the board, kept for a second"),
        document(settings, "seats", f"{API}/concerts/{stadium}/seats", "20,000 seats as bits"),
        document(settings, "concerts", f"{API}/concerts", "the list of concerts"),
        fans(settings, "status", "GET", hall, "/queue", f"own place, {count} waiting", 200,
             prepare=[QUEUE, hall, count, NUMBERS_END, INSIDE]),
        fans(settings, "join", "POST", hall, "/queue", "a new place in the queue", 201,
             reset=[QUEUE, hall, 0, NUMBERS_END, INSIDE]),
        fans(settings, "hold", "POST", hall, "/holds", "one seat more, four to a fan", 201, seats=seats,
             reset=[HALL, hall, seats, seats // 4]),
        {"name": "start"},
        {"name": "memory"},
    ]
    return {case["name"]: case for case in every}
