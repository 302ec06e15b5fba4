-- Give an account's holds another full time from now, once.
--   KEYS[1]  active:{c}
--   KEYS[2]  hold:{c}
--   KEYS[3]  holds:{c}
--   KEYS[4]  held:{c}:<account>
--   KEYS[5]  extended:{c}:<account>  when it was extended (ms)
--   ARGV     account, how long (ms) a trace of a hold is kept, how long a repeated request is taken for the same
--   returns  {"extended", now, end} | {"used"} | {"none"}
-- answer: extended nn | used | none
-- include: concert
local active, hold, holds, held, extended = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local account, trace, same = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local live = redis.call('ZRANGE', held, '(' .. now, '+inf', 'BYSCORE', 'WITHSCORES')
if #live == 0 then return {'none'} end
local before = tonumber(redis.call('GET', extended) or 0)
if before > 0 then
  if now - before > same then return {'used'} end
  return {'extended', now, tonumber(live[2])}
end
local ttl = concert('hold_ttl_ms')
local ends, mine = now + ttl, 0
for i = 1, #live, 2 do
  local seat = live[i]
  if redis.call('GET', hold .. ':' .. seat) == account then
    mine = mine + 1
    redis.call('PEXPIRE', hold .. ':' .. seat, ttl)
    redis.call('ZADD', holds, ends, seat)
    redis.call('ZADD', held, ends, seat)
  end
end
if mine == 0 then return {'none'} end
redis.call('PEXPIRE', held, ttl + trace)
redis.call('SET', extended, now, 'PX', ttl)
if tonumber(redis.call('ZSCORE', active, account) or 0) > now then redis.call('ZADD', active, 'GT', ends, account) end
return {'extended', now, ends}
