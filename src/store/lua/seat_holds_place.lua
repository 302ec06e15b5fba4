-- Hold seats for one account, all of a group or none; of several groups the first that is free. Taken up by it: an
-- admission that was waiting.
--   KEYS[1]  admitted:{c}
--   KEYS[2]  active:{c}
--   KEYS[3]  places:{c}          hash: account to "number end-of-choosing"
--   KEYS[4]  sold:{c}
--   KEYS[5]  hold:{c}            hold:{c}:<seat> is the account that holds the seat, and goes when its time is over
--   KEYS[6]  holds:{c}           sorted set: seat by the end of its hold (ms)
--   KEYS[7]  held:{c}:<account>  sorted set: the account's seats by the end of their holds; a trace stays for a while
--   KEYS[8]  hold_bits:{c}       bitmap: held seats, for the map of the hall
--   KEYS[9]  version:{c}         counter of seat changes
--   KEYS[10] extended:{c}:<account>
--   KEYS[11] totals:{c}          hash: counts since Redis began
--   ARGV     account, how long (ms) a trace of a hold is kept, seats in a group, then the groups' seats
--   returns  {"held", group (from 1), now, held now, seat, end, seat, end…}
--          | {"taken", seats of the last group that are taken…} | {"limit"} | {"not_admitted"} | {"not_open_yet"}
--          | {"closed"}
-- answer: held nnn (nn) | taken (n) | limit | not_admitted | not_open_yet | closed
-- include: concert
local admitted, active, places, sold, hold, holds = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local held, hold_bits, version, extended, totals = KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[11]
local account, trace, size = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
-- include: sold
local function refuse(code, answer)
  redis.call('HINCRBY', totals, 'refused_' .. code, 1)
  return answer or {code}
end
if state == 'closed' then return refuse('closed') end
local number, ends = (redis.call('HGET', places, account) or '0 0'):match('^(%d+) (%d+)$')
ends = tonumber(ends)
if tonumber(redis.call('ZSCORE', admitted, account) or 0) > now then
  ends = now + concert('active_ttl_ms')
  entries(redis.call('ZADD', active, ends, account) - redis.call('ZREM', admitted, account))
  redis.call('HSET', places, account, number .. ' ' .. ends)
  redis.call('HINCRBY', totals, 'entered', 1)
elseif ends <= now or tonumber(redis.call('ZSCORE', active, account) or 0) <= now then
  -- Holding keeps a fan inside, but the time to choose does not grow with it, or holding would go on for ever.
  return refuse(concert('opens_at_ms') > now and 'not_open_yet' or 'not_admitted')
end

-- The group's seats that somebody else has, and those that are still to be held. There may be fifty groups of four.
local function look(first)
  local taken, wanted, keys = {}, {}, {}
  for i = 1, size do keys[i] = hold .. ':' .. ARGV[first + i - 1] end
  for i, owner in ipairs(redis.call('MGET', unpack(keys))) do
    local seat = ARGV[first + i - 1]
    if (owner and owner ~= account) or redis.call('GETBIT', sold, seat) == 1 then
      taken[#taken + 1] = tonumber(seat)
    elseif not owner or not redis.call('ZSCORE', held, seat) then
      wanted[#wanted + 1] = seat
    end
  end
  return taken, wanted
end
local group, taken, wanted = 0, {}, {}
for first = 4, own + 1 - size, size do
  group = group + 1
  taken, wanted = look(first)
  if #taken == 0 then break end
end
if #taken > 0 then return refuse('seat_taken', {'taken', unpack(taken)}) end

redis.call('ZREMRANGEBYSCORE', held, '-inf', now - trace)
local live = redis.call('ZCOUNT', held, '(' .. now, '+inf')
if live + #wanted > concert('seats_per_fan') then return refuse('hold_limit', {'limit'}) end
local ttl = concert('hold_ttl_ms')
for _, seat in ipairs(wanted) do
  redis.call('SET', hold .. ':' .. seat, account, 'PX', ttl)
  redis.call('ZADD', holds, now + ttl, seat)
  redis.call('ZADD', held, now + ttl, seat)
  redis.call('SETBIT', hold_bits, seat, 1)
end
if #wanted > 0 then
  if live == 0 then redis.call('DEL', extended) end
  redis.call('PEXPIRE', held, ttl + trace)
  redis.call('ZADD', active, 'GT', now + ttl, account)
  redis.call('INCR', version)
  redis.call('HINCRBY', totals, 'holds', #wanted)
end
local answer = {'held', group, now, #wanted}
for i = 4 + (group - 1) * size, 3 + group * size do
  answer[#answer + 1] = tonumber(ARGV[i])
  answer[#answer + 1] = tonumber(redis.call('ZSCORE', held, ARGV[i]) or now)
end
return answer
