-- From now on nobody enters the draw: what comes later stands behind it.
--   KEYS[1]  draw:{c}   hash: state ("frozen" | "drawing" | "drawn"), last (the last entry number; there before
--                       that when somebody came after the opening)
--   KEYS[2]  seq:{c}
--   KEYS[3]  gate:{c}
--   ARGV     how long (ms) to wait for tickets after a loss of Redis, "undrawn" or, when MySQL knows the list, "drawn"
--   returns  {"frozen", last entry number, where the numbers of this life begin} | {"drawn"} | {"not_yet"}
-- answer: frozen nn | drawn | not_yet
-- include: concert
-- include: loss
local last = redis.call('GET', KEYS[2])
if not last then return lost() end
local drawn = redis.call('HGET', KEYS[1], 'state')
if drawn == 'drawn' then return {'drawn'} end
local start = concert('numbers_start')
if not drawn then
  local since = tonumber(redis.call('HGET', KEYS[3], 'since') or now)
  local patience_ends = ARGV[2] == 'drawn' and 0 or all_back_until(since, tonumber(ARGV[1]))
  if math.max(concert('opens_at_ms'), patience_ends) > now then return {'not_yet'} end
  redis.call('HSET', KEYS[1], 'state', 'frozen')
  redis.call('HSETNX', KEYS[1], 'last', last)
end
return {'frozen', tonumber(redis.call('HGET', KEYS[1], 'last')), start}
