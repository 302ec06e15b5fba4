-- After a payment's commit: the seats are sold, the account's holds on them end, and its room goes to the next fan
-- once it holds nothing more.
--   KEYS[1]  admitted:{c}
--   KEYS[2]  active:{c}
--   KEYS[3]  places:{c}
--   KEYS[4]  sold:{c}
--   KEYS[5]  hold:{c}
--   KEYS[6]  holds:{c}
--   KEYS[7]  held:{c}             held:{c}:<account> has the natural end of each hold
--   KEYS[8]  hold_bits:{c}
--   KEYS[9]  version:{c}
--   KEYS[10] changes:{c}  counter of sales and cancellations
--   KEYS[11] totals:{c}
--   ARGV     account, number of its place when it paid (0: it had none), when it was known (ms, Redis's clock) that it
--            has the seats (0: it has just paid), seats…
--   returns  {"sold", 1 when its room was given back}
-- answer: sold n
-- include: concert
local admitted, active, places, sold, hold, holds = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local hold_bits, version, changes, totals = KEYS[8], KEYS[9], KEYS[10], KEYS[11]
local account, known_at = ARGV[1], tonumber(ARGV[3])
local held = KEYS[7] .. ':' .. account
-- include: sold
-- include: release
-- Whoever began to hold the seat since then has it from a cancellation, of which nothing was known yet.
local function is_cancelled(seat)
  local owner = known_at > 0 and redis.call('GET', hold .. ':' .. seat)
  if not owner then return false end
  return tonumber(redis.call('ZSCORE', KEYS[7] .. ':' .. owner, seat) or 0) >= known_at + concert('hold_ttl_ms')
end
local changed, fresh = false, 0
for i = 4, own do
  if not is_cancelled(ARGV[i]) then
    if redis.call('SETBIT', sold, ARGV[i], 1) == 0 then
      changed, fresh = true, fresh + 1
    end
    if release(ARGV[i]) then changed = true end
    redis.call('ZREM', held, ARGV[i])
  end
end
if changed then
  redis.call('INCR', version)
  redis.call('INCR', changes)
end
if fresh > 0 then
  redis.call('HINCRBY', totals, 'payments', 1)
  redis.call('HINCRBY', totals, 'seats_sold', fresh)
end
-- The same event may arrive again when the fan is inside for a second time: that place has another number.
local number = (redis.call('HGET', places, account) or '0'):match('^%d+')
if number == '0' or number ~= ARGV[2] or redis.call('ZCOUNT', held, '(' .. now, '+inf') > 0 then return {'sold', 0} end
entries(-redis.call('ZREM', admitted, account) - redis.call('ZREM', active, account))
redis.call('HDEL', places, account)
return {'sold', 1}
