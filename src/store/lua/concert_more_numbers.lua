-- Let a further block of queue numbers, reserved in MySQL, be handed out.
--   KEYS[1]  concert:{c}
--   ARGV     the new end
--   returns  {"warm" | "cold"}
-- answer: warm | cold
local last = redis.call('HGET', KEYS[1], 'numbers_end')
if not last then return {'cold'} end
if tonumber(ARGV[1]) > tonumber(last) then redis.call('HSET', KEYS[1], 'numbers_end', ARGV[1]) end
return {'warm'}
