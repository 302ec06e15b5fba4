-- Remember dead sessions until they would have ended anyway.
--   KEYS[1]  revoked:{…}   sorted set: session id (hex) by its end (ms)
--   ARGV     end (ms), session id (hex), end, session id, …
--   returns  {"done"}
-- answer: done
local time = redis.call('TIME')
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', time[1] * 1000 - 60000)
redis.call('ZADD', KEYS[1], unpack(ARGV))
return {'done'}
