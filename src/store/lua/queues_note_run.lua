-- Notice that Redis was started anew. It may have come back with a file that is older than the last numbers handed out,
-- so the concert is made cold: it comes back from MySQL with numbers above all of them.
--   KEYS[1]  gate:{c}  hash: run (of Redis, as the gates saw it last), since (when they first saw it)
--   ARGV     which run of Redis this is; which it was when this gate looked last, or empty
--   returns  {"same"} | {"restarted"}
-- answer: same | restarted
-- include: concert
local run = redis.call('HGET', KEYS[1], 'run') or ARGV[2]
redis.call('HSET', KEYS[1], 'run', ARGV[1])
if run == ARGV[1] or run == '' then return {'same'} end
redis.call('HSET', KEYS[1], 'since', now)
redis.call('DEL', concert_key)
return {'restarted'}
