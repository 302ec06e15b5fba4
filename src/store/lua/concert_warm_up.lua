-- Bring a concert into Redis, or say that somebody was quicker.
--   KEYS[1]  concert:{c}   hash: the policy, and the block of queue numbers reserved in MySQL
--   KEYS[2]  seq:{c}       the last queue number handed out
--   KEYS[3]  sold:{c}      bitmap: sold seats
--   KEYS[4]  version:{c}   counter of seat changes; starts at the clock so that it never goes back
--   KEYS[5]  changes:{c}   counter of sales and cancellations
--   ARGV     numbers_start, numbers_end, sold seats as hex bytes, then pairs of field and value
--   returns  {"warm"}
-- answer: warm
if redis.call('EXISTS', KEYS[1]) == 1 then return {'warm'} end
local time = redis.call('TIME')
redis.call('SET', KEYS[2], ARGV[1])
redis.call('SET', KEYS[4], time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('SET', KEYS[5], 0)
redis.call('SET', KEYS[3], (ARGV[3]:gsub('..', function(byte) return string.char(tonumber(byte, 16)) end)))
redis.call('HSET', KEYS[1], 'numbers_start', ARGV[1], 'numbers_end', ARGV[2], unpack(ARGV, 4))
return {'warm'}
