-- Take a consumer out of its group, unless it still owes an acknowledgement: then others must find what it holds.
--   KEYS[1]  stream
--   ARGV     group, consumer
--   returns  {"left" | "owes"}
-- answer: left | owes
if redis.call('EXISTS', KEYS[1]) == 0 then return {'left'} end
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2])
if #pending > 0 then return {'owes'} end
redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
return {'left'}
