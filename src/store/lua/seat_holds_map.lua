-- Which seats are sold and which are held. Holds that ran out leave the map first, so it is right without a gate.
--   KEYS[1]  sold:{c}
--   KEYS[2]  holds:{c}
--   KEYS[3]  hold_bits:{c}
--   KEYS[4]  version:{c}
--   KEYS[5]  hold:{c}
--   KEYS[6]  mended:{c}  up to which seat the map and the list of ends were held against each other
--   ARGV     most holds to tidy away, most seats to mend, "read" or "tidy" (no map is wanted)
--   returns  {"map", version, 1 when there is more to do, sold bits, held bits}
-- answer: map nntt
-- include: concert
local sold, holds, hold_bits, version, hold, mended = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local most, mends = tonumber(ARGV[1]), tonumber(ARGV[2])
-- include: sold
-- One of the two was lost: what one still knows the other learns, some seats a call. A hold whose end is not known ends
-- with its key.
local more = 0
if redis.call('BITCOUNT', hold_bits) ~= redis.call('ZCARD', holds) then
  local first, seats, learned = tonumber(redis.call('GET', mended) or 0), {}, {}
  for i = 1, mends do seats[i] = first + i end
  for i, ends in ipairs(redis.call('ZMSCORE', holds, unpack(seats))) do
    local seat = seats[i]
    if ends then
      redis.call('SETBIT', hold_bits, seat, 1)
    elseif redis.call('GETBIT', hold_bits, seat) == 1 then
      learned[#learned + 1] = now + math.max(0, redis.call('PTTL', hold .. ':' .. seat))
      learned[#learned + 1] = seat
    end
  end
  if #learned > 0 then redis.call('ZADD', holds, unpack(learned)) end
  redis.call('INCR', version)
  if first + mends < concert('seats_total') then more = 1 end
  redis.call('SET', mended, more == 1 and first + mends or 0)
end
local over = redis.call('ZRANGE', holds, '-inf', now, 'BYSCORE', 'LIMIT', 0, most)
for _, seat in ipairs(over) do redis.call('SETBIT', hold_bits, seat, 0) end
if #over > 0 then
  redis.call('ZREM', holds, unpack(over))
  redis.call('INCR', version)
  if #over == most then more = 1 end
end
-- A counter that was lost begins at 0; the clock is above all that it was.
local count = tonumber(redis.call('GET', version) or 0)
if count < now / 2 then
  count = now
  redis.call('SET', version, count)
end
if ARGV[3] ~= 'read' then return {'map', count, more, '', ''} end
return {'map', count, more, redis.call('GET', sold) or '', redis.call('GET', hold_bits) or ''}
