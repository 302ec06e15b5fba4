-- Giving held seats back, for scripts that have hold, holds, held, hold_bits and account.
--   gives release(seat): true when the account held it; the caller counts up the version
local function release(seat)
  if redis.call('GET', hold .. ':' .. seat) ~= account then return false end
  redis.call('DEL', hold .. ':' .. seat)
  redis.call('ZREM', holds, seat)
  redis.call('ZREM', held, seat)
  redis.call('SETBIT', hold_bits, seat, 0)
  return true
end
