-- Before a payment: make sure that the account holds the seats, and for long enough to pay. A hold that ran out is
-- taken again while its seat is free and its trace is there.
--   KEYS[1]  active:{c}
--   KEYS[2]  places:{c}
--   KEYS[3]  sold:{c}
--   KEYS[4]  hold:{c}
--   KEYS[5]  holds:{c}
--   KEYS[6]  held:{c}:<account>  keeps the natural end of each hold: paying again and again does not move it
--   KEYS[7]  hold_bits:{c}
--   KEYS[8]  version:{c}
--   ARGV     account, how long (ms) a trace counts, how long (ms) paying may take, seats…
--   returns  {"claimed", number of its place or 0} | {"taken", seats…} | {"expired"}
-- answer: claimed n | taken (n) | expired
-- include: concert
local active, places, sold, hold, holds = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local held, hold_bits, version = KEYS[6], KEYS[7], KEYS[8]
local account, trace, paying = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
-- include: sold
local taken, again, expired = {}, {}, false
for i = 4, own do
  local seat = ARGV[i]
  local owner = redis.call('GET', hold .. ':' .. seat)
  local natural_end = tonumber(redis.call('ZSCORE', held, seat) or 0)
  if natural_end + trace <= now then
    expired = true
  elseif redis.call('GETBIT', sold, seat) == 1 or (owner and owner ~= account) then
    taken[#taken + 1] = tonumber(seat)
  elseif not owner then
    again[#again + 1] = seat
  end
end
if #taken > 0 then return {'taken', unpack(taken)} end
if expired then return {'expired'} end
local ends = now + paying
for i = 4, own do
  local key = hold .. ':' .. ARGV[i]
  if redis.call('PTTL', key) < paying then redis.call('SET', key, account, 'PX', paying) end
  redis.call('ZADD', holds, 'GT', ends, ARGV[i])
end
for _, seat in ipairs(again) do redis.call('SETBIT', hold_bits, seat, 1) end
if #again > 0 then redis.call('INCR', version) end
-- Whose time inside is over may stand in line again, and is not to be in both.
if tonumber(redis.call('ZSCORE', active, account) or 0) > now then redis.call('ZADD', active, 'GT', ends, account) end
return {'claimed', tonumber((redis.call('HGET', places, account) or '0'):match('^%d+'))}
