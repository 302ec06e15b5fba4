-- Write the policy over the one in Redis, if the concert is there.
--   KEYS[1]  concert:{c}
--   ARGV     pairs of field and value
--   returns  {"warm" | "cold"}
-- answer: warm | cold
if redis.call('EXISTS', KEYS[1]) == 0 then return {'cold'} end
redis.call('HSET', KEYS[1], unpack(ARGV))
return {'warm'}
