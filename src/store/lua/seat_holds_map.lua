-- Which seats are sold and which are held. Holds that ran out leave the map first, so it is right without a gate.
--   KEYS[1]  sold:{c}
--   KEYS[2]  holds:{c}
--   KEYS[3]  hold_bits:{c}
--   KEYS[4]  version:{c}
--   KEYS[5]  hold:{c}
--   ARGV     most holds to tidy away, "read" or "tidy" (no map is wanted)
--   returns  {"map", version, tidied, sold bits, held bits}
-- answer: map nntt
-- include: concert
local sold, holds, hold_bits, version = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
-- include: sold
-- One of the two was lost: what one still knows the other learns. A hold whose end is not known ends with its key.
if redis.call('BITCOUNT', hold_bits) ~= redis.call('ZCARD', holds) then
  for at, byte in (redis.call('GET', hold_bits) or ''):gmatch('()([^%z])') do
    for bit = 0, 7 do
      local seat = (at - 1) * 8 + bit
      if redis.call('GETBIT', hold_bits, seat) == 1 and not redis.call('ZSCORE', holds, seat) then
        redis.call('ZADD', holds, now + math.max(0, redis.call('PTTL', KEYS[5] .. ':' .. seat)), seat)
      end
    end
  end
  for _, seat in ipairs(redis.call('ZRANGE', holds, 0, -1)) do redis.call('SETBIT', hold_bits, seat, 1) end
  redis.call('INCR', version)
end
local over = redis.call('ZRANGE', holds, '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[1])
for _, seat in ipairs(over) do redis.call('SETBIT', hold_bits, seat, 0) end
if #over > 0 then
  redis.call('ZREM', holds, unpack(over))
  redis.call('INCR', version)
end
-- A counter that was lost begins at 0; the clock is above all that it was.
local count = tonumber(redis.call('GET', version) or 0)
if count < now / 2 then
  count = now
  redis.call('SET', version, count)
end
if ARGV[2] ~= 'read' then return {'map', count, #over, '', ''} end
return {'map', count, #over, redis.call('GET', sold) or '', redis.call('GET', hold_bits) or ''}
