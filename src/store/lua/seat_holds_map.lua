-- Which seats are sold and which are held. Holds that ran out leave the map first, so it is right without a gate.
--   KEYS[1]  sold:{c}
--   KEYS[2]  holds:{c}
--   KEYS[3]  hold_bits:{c}
--   KEYS[4]  version:{c}
--   ARGV     most holds to tidy away, "read" or "tidy" (no map is wanted)
--   returns  {"map", version, tidied, sold bits, held bits}
-- answer: map nntt
-- include: concert
local over = redis.call('ZRANGE', KEYS[2], '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[1])
for _, seat in ipairs(over) do redis.call('SETBIT', KEYS[3], seat, 0) end
if #over > 0 then
  redis.call('ZREM', KEYS[2], unpack(over))
  redis.call('INCR', KEYS[4])
end
local version = tonumber(redis.call('GET', KEYS[4]))
if ARGV[2] ~= 'read' then return {'map', version, #over, '', ''} end
return {'map', version, #over, redis.call('GET', KEYS[1]) or '', redis.call('GET', KEYS[3]) or ''}
