-- Leave the queue wherever the account is in it; what it held goes back on sale.
--   KEYS[1]  wait:{c}
--   KEYS[2]  admitted:{c}
--   KEYS[3]  active:{c}
--   KEYS[4]  places:{c}
--   KEYS[5]  hold:{c}            hold:{c}:<seat> is the account that holds the seat
--   KEYS[6]  holds:{c}           sorted set: seat by the end of its hold (ms)
--   KEYS[7]  held:{c}:<account>  sorted set: the account's seats by the end of their holds (ms)
--   KEYS[8]  hold_bits:{c}       bitmap: held seats
--   KEYS[9]  version:{c}         counter of seat changes
--   KEYS[10] extended:{c}:<account>
--   KEYS[11] early:{c}
--   KEYS[12] away:{c}
--   KEYS[13] draw:{c}
--   KEYS[14] entered:{c}
--   KEYS[15] totals:{c}
--   ARGV     account
--   returns  {"left", seats released}
-- answer: left n
-- include: concert
local hold, holds, held, hold_bits, version = KEYS[5], KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local early, draw, entered, totals = KEYS[11], KEYS[13], KEYS[14], KEYS[15]
local account = ARGV[1]
-- include: line
-- include: release
local entry = find_in(early, account) or 0
if entry > 0 then
  -- The list of those who take part never changes once it is frozen.
  if not redis.call('HGET', draw, 'state') then
    redis.call('SETBIT', entered .. ':' .. math.floor(entry / 32768), entry % 32768, 0)
  end
  entries(-remove_from(early, account))
end
local inside = redis.call('ZREM', KEYS[2], account) + redis.call('ZREM', KEYS[3], account)
if inside > 0 then redis.call('HDEL', KEYS[4], account) end
local outside = remove_from(KEYS[1], account) + remove_from(KEYS[12], account)
entries(-inside - outside)
if inside + outside + entry > 0 then redis.call('HINCRBY', totals, 'leaves', 1) end
local released = 0
for _, seat in ipairs(redis.call('ZRANGE', held, 0, -1)) do
  if release(seat) then released = released + 1 end
end
redis.call('DEL', held, KEYS[10])
if released > 0 then redis.call('INCR', version) end
return {'left', released}
