-- Free a lock whoever has it, and let those who wait hear of it.
--   KEYS[1]  the lock            hash: as in locks_take.lua
--   KEYS[2]  the lock's channel  where "0" means: try again
--   returns  "free" | "was_free"
-- answer: free | was_free
if redis.call('DEL', KEYS[1]) == 0 then return {'was_free'} end
redis.call('PUBLISH', KEYS[2], '0')
return {'free'}
