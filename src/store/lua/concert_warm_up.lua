-- Bring a concert into Redis unless somebody was quicker; the policy in any case, unless a newer one is there.
--   KEYS[1]  concert:{c}   hash: the policy, and what _concert.lua says
--   KEYS[2]  seq:{c}       the last queue number handed out
--   KEYS[3]  sold:{c}      bitmap: sold seats
--   KEYS[4]  version:{c}   counter of seat changes; starts at the clock so that it never goes back
--   KEYS[5]  changes:{c}   counter of sales and cancellations
--   KEYS[6]  gate:{c}      hash: since (when this life of the concert in Redis began)
--   KEYS[7]  wait:{c}
--   KEYS[8]  early:{c}
--   KEYS[9]  away:{c}
--   KEYS[10] admitted:{c}
--   KEYS[11] active:{c}
--   KEYS[12] places:{c}
--   KEYS[13] sampled:{c}   hash: what the series know; begun says that their first row begins with the first count
--   ARGV     numbers_start, numbers_end, sold seats as hex bytes, which run of Redis this is, then the policy as
--            pairs of field and value, its revision first
--   returns  {"warm"} | {"there"}: somebody was quicker
-- answer: warm | there
-- include: bytes
local numbers_end = tonumber(ARGV[2])
-- include: line
local known = redis.call('HMGET', KEYS[1], 'run', 'revision')
if known[1] ~= ARGV[4] then
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call('SET', KEYS[2], ARGV[1])
  redis.call('SET', KEYS[4], now)
  redis.call('SET', KEYS[5], 0)
  redis.call('SET', KEYS[3], bytes_of(ARGV[3]))
  redis.call('HSET', KEYS[6], 'since', now)
  if redis.call('EXISTS', KEYS[13]) == 0 then redis.call('HSET', KEYS[13], 'begun', now) end
  local inside = redis.call('ZCARD', KEYS[10]) + redis.call('ZCARD', KEYS[11])
  -- Of three that say together who is inside one was lost: they come back to the front of the line.
  if redis.call('HLEN', KEYS[12]) ~= inside then
    redis.call('UNLINK', KEYS[10], KEYS[11], KEYS[12])
    inside = 0
  end
  local outside = count_of(KEYS[7]) + count_of(KEYS[8]) + count_of(KEYS[9])
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'numbers_start', ARGV[1], 'numbers_end', ARGV[2], 'run', ARGV[4],
    'entries', outside + inside, unpack(ARGV, 5))
  return {'warm'}
end
-- Who was quicker reserved the block behind the very first one: there was no loss, and no ticket is on its way.
if ARGV[1] == '0' and redis.call('HGET', KEYS[1], 'numbers_start') == ARGV[2] then
  redis.call('HSET', KEYS[6], 'since', 0)
end
if tonumber(known[2]) <= tonumber(ARGV[6]) then redis.call('HSET', KEYS[1], unpack(ARGV, 5)) end
return {'there'}
