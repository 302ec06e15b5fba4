-- Count one attempt to sign in as failed until it is forgiven, or refuse it. Counting first keeps a
-- burst of guesses from all being let through before the first has failed.
--   KEYS[1]  attempts of one account or one address   sorted set: attempt by the end of its window (ms)
--   ARGV     attempt, most in a window, window (ms)
--   returns  {"go"} | {"wait", ms until the oldest attempt no longer counts}
-- answer: go | wait n
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local attempt, limit, window = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZSCORE', KEYS[1], attempt) then return {'go'} end
if redis.call('ZCARD', KEYS[1]) >= limit then
    local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
    return {'wait', tonumber(oldest[2]) - now}
end
redis.call('ZADD', KEYS[1], now + window, attempt)
redis.call('PEXPIRE', KEYS[1], window)
return {'go'}
