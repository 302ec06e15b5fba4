-- Take a lock as Redisson's RLock does, or say how long somebody else may still have it. Not safe to repeat: the
-- owner's count would be one too high.
--   KEYS[1]  the lock   hash: its owner, "uuid:number", to how often the owner took it; its TTL is the lease
--   ARGV     lease (ms), owner
--   returns  "taken", how often the owner has it now | "held", the time left (ms; -1: without end)
-- answer: taken n | held n
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('HEXISTS', KEYS[1], ARGV[2]) == 1 then
    local count = redis.call('HINCRBY', KEYS[1], ARGV[2], 1)
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
    return {'taken', count}
end
return {'held', redis.call('PTTL', KEYS[1])}
