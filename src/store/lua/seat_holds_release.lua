-- Give one held seat back.
--   KEYS[1]  hold:{c}
--   KEYS[2]  holds:{c}
--   KEYS[3]  held:{c}:<account>
--   KEYS[4]  hold_bits:{c}
--   KEYS[5]  version:{c}
--   ARGV     account, seat
--   returns  {"released"} | {"none"}: the account does not hold it
-- answer: released | none
-- include: concert
local hold, holds, held, hold_bits, version = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local account = ARGV[1]
-- include: release
if not release(ARGV[2]) then return {'none'} end
redis.call('INCR', version)
return {'released'}
