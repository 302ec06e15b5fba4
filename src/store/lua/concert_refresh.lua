-- Write the policy over the one in Redis, if the concert is there, and unless a newer one is: whoever read MySQL first
-- may come last.
--   KEYS[1]  concert:{c}
--   ARGV     pairs of field and value, the policy's revision first
--   returns  {"warm" | "cold"}
-- answer: warm | cold
local revision = redis.call('HGET', KEYS[1], 'revision')
if not revision then return {'cold'} end
if tonumber(revision) <= tonumber(ARGV[2]) then redis.call('HSET', KEYS[1], unpack(ARGV)) end
return {'warm'}
