-- Make the sold seats those of MySQL, unless one changed since they were read there.
--   KEYS[1]  concert:{c}
--   KEYS[2]  sold:{c}
--   KEYS[3]  changes:{c}
--   KEYS[4]  version:{c}
--   ARGV     the changes counter before MySQL was read, sold seats as hex bytes
--   returns  {"same" | "mended" | "later" | "cold"}
-- answer: same | mended | later | cold
-- include: bytes
if redis.call('EXISTS', KEYS[1]) == 0 then return {'cold'} end
if (redis.call('GET', KEYS[3]) or '0') ~= ARGV[1] then return {'later'} end
local sold = bytes_of(ARGV[2])
local now = redis.call('GET', KEYS[2]) or ''
-- Redis's map ends with the highest seat ever sold; what is missing are zero bytes.
if sold == now .. ('\0'):rep(#sold - #now) then return {'same'} end
redis.call('SET', KEYS[2], sold)
redis.call('INCR', KEYS[4])
return {'mended'}
