-- What everybody in the queue wants to know.
--   KEYS[1]  wait:{c}
--   KEYS[2]  admitted:{c}
--   KEYS[3]  active:{c}
--   KEYS[4]  seq:{c}
--   KEYS[5]  served:{c}
--   KEYS[6]  sold:{c}
--   KEYS[7]  early:{c}
--   KEYS[8]  away:{c}
--   KEYS[9]  gate:{c}
--   returns  {"board", sale, serving, last, waiting, active, capacity, rate_per_minute, seats left, now, away,
--            flow low, flow high, where the numbers of this life begin}
-- answer: board tnnnnnnnnnnnn
-- include: concert
local sold, gate = KEYS[6], KEYS[9]
-- include: line
-- include: sold
-- include: sale
-- include: flow
local last = tonumber(redis.call('GET', KEYS[4]) or -1)
local start = concert('numbers_start')
if last < start then return lost() end
local inside = redis.call('ZCOUNT', KEYS[2], '(' .. now, '+inf') + redis.call('ZCOUNT', KEYS[3], '(' .. now, '+inf')
-- While they are drawn, those who came early stand in both.
local waiting = math.max(count_of(KEYS[1]), count_of(KEYS[7]))
local low, high = flow()
return {'board', sale(), tonumber(redis.call('GET', KEYS[5]) or 0), last,
  waiting, inside, concert('capacity'), concert('rate_per_minute'),
  unsold(), now, count_of(KEYS[8]), low, high, start}
