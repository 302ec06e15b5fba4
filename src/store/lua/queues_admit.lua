-- One step of admission: expire who is overdue, then admit from the front while below the cap and the rate.
--   KEYS[1]  wait:{c}
--   KEYS[2]  admitted:{c}
--   KEYS[3]  active:{c}
--   KEYS[4]  places:{c}
--   KEYS[5]  served:{c}   the highest number admitted
--   KEYS[6]  gate:{c}     hash: since (when this Redis first saw a gate), budget (admissions in millionths), at (its
--                         time)
--   KEYS[7]  sold:{c}
--   KEYS[8]  holds:{c}
--   ARGV     most fans to touch, how long (ms) to wait for tickets after a loss of Redis
--   returns  {"stepped", admitted now, no-shows now, expired now, more (1: call again), waiting, admitted, active,
--             held, sold}
-- include: concert
local wait, admitted, active, places, served, gate, sold = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local left, patience = tonumber(ARGV[1]), tonumber(ARGV[2])
-- include: sale
local function expire(set)
  local overdue = redis.call('ZRANGE', set, '-inf', now, 'BYSCORE', 'LIMIT', 0, left)
  if #overdue == 0 then return 0 end
  redis.call('ZREM', set, unpack(overdue))
  redis.call('HDEL', places, unpack(overdue))
  left = left - #overdue
  return #overdue
end
local no_shows = expire(admitted)
local expired = expire(active)

-- After a loss the fans come back with their tickets in any order: nobody is admitted before they had time to.
local since = tonumber(redis.call('HGET', gate, 'since'))
if not since then
  since = now
  redis.call('HSET', gate, 'since', since)
end
local tickets_are_out = concert('numbers_start') > 0 and now < since + patience

-- The rate is a budget that fills with the time; it holds a second's worth, and at least one fan.
local function budget()
  local rate = concert('rate_per_minute')
  if rate == 0 then return nil end
  local most = math.max(1000000, rate * 1000000 / 60)
  local known = redis.call('HMGET', gate, 'budget', 'at')
  if not known[1] then return math.min(most, 1000000) end
  return math.min(most, known[1] + math.max(0, now - known[2]) * rate * 1000 / 60)
end
local millionths = budget()

local how = sale()
local room = 0
if (how == 'open' or how == 'draining') and not tickets_are_out then
  local cap = math.min(concert('capacity'), unsold())
  room = cap - redis.call('ZCARD', admitted) - redis.call('ZCARD', active)
end
if millionths then room = math.min(room, math.floor(millionths / 1000000)) end
local called = {}
if room > 0 and left > 0 then called = redis.call('ZPOPMIN', wait, math.min(room, left)) end
local count = #called / 2
if count > 0 then
  local deadline = now + concert('admit_ttl_ms')
  local deadlines, numbers = {}, {}
  for i = 1, #called, 2 do
    deadlines[#deadlines + 1] = deadline
    deadlines[#deadlines + 1] = called[i]
    numbers[#numbers + 1] = called[i]
    numbers[#numbers + 1] = called[i + 1] .. ' 0'
  end
  redis.call('ZADD', admitted, unpack(deadlines))
  redis.call('HSET', places, unpack(numbers))
  local highest = tonumber(called[#called])
  if highest > tonumber(redis.call('GET', served) or 0) then redis.call('SET', served, highest) end
end
if millionths then
  redis.call('HSET', gate, 'budget', string.format('%d', millionths - count * 1000000), 'at', now)
end
local more = (left - count <= 0) and 1 or 0
return {'stepped', count, no_shows, expired, more, redis.call('ZCARD', wait), redis.call('ZCARD', admitted),
  redis.call('ZCARD', active), redis.call('ZCOUNT', KEYS[8], now, '+inf'), redis.call('BITCOUNT', sold)}
