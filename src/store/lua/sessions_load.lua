-- Bring dead sessions back from MySQL after Redis lost them, in steps. What was signed out meanwhile is
-- in the set already and stays; but were the set lost again between MySQL's answer and its end, such a
-- session would be missing. So a loader leaves its name first, and must still find it at the end.
--   KEYS[1]  revoked:{…}   sorted set as in sessions_check
--   ARGV     loader, step ("begin" | "add" | "end"), then for "add": end (ms), session id (hex), …, for "end": which
--            run of Redis this is
--   returns  {"done"} | {"lost"} when the loader must start over
-- answer: done | lost
local loader, step = 'loader:' .. ARGV[1], ARGV[2]
if step == 'begin' then
    local time = redis.call('TIME')
    redis.call('ZADD', KEYS[1], time[1] * 1000 + 600000, loader)
    return {'done'}
end
if not redis.call('ZSCORE', KEYS[1], loader) then return {'lost'} end
if step == 'add' then
    redis.call('ZADD', KEYS[1], unpack(ARGV, 3))
    return {'done'}
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '+inf', '+inf')
redis.call('ZADD', KEYS[1], '+inf', 'whole:' .. ARGV[3])
redis.call('ZREM', KEYS[1], loader)
return {'done'}
