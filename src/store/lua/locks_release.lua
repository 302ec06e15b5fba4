-- Come down to a number of takes; at none the lock is free, and those who wait hear of it. Redisson counts down by
-- one instead; naming the number makes it safe to say twice and leaves the same hash.
--   KEYS[1]  the lock            hash: as in locks_take.lua
--   KEYS[2]  the lock's channel  where "0" means: try again
--   ARGV     lease (ms), owner, takes left
--   returns  "free" | "kept" | "not_owner"
-- answer: free | kept | not_owner
local count = redis.call('HGET', KEYS[1], ARGV[2])
local left = tonumber(ARGV[3])
if not count then return {'not_owner'} end
if left == 0 then
    redis.call('DEL', KEYS[1])
    redis.call('PUBLISH', KEYS[2], '0')
    return {'free'}
end
if tonumber(count) > left then
    redis.call('HSET', KEYS[1], ARGV[2], left)
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return {'kept'}
