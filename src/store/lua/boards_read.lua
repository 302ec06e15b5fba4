-- What everybody in the queue wants to know.
--   KEYS[1]  wait:{c}
--   KEYS[2]  admitted:{c}
--   KEYS[3]  active:{c}
--   KEYS[4]  seq:{c}
--   KEYS[5]  served:{c}
--   KEYS[6]  sold:{c}
--   returns  {"board", sale, serving, last, waiting, active, capacity, rate_per_minute, seats left, now}
-- include: concert
local sold = KEYS[6]
-- include: sale
local inside = redis.call('ZCOUNT', KEYS[2], '(' .. now, '+inf') + redis.call('ZCOUNT', KEYS[3], '(' .. now, '+inf')
return {'board', sale(), tonumber(redis.call('GET', KEYS[5]) or 0), tonumber(redis.call('GET', KEYS[4])),
  redis.call('ZCARD', KEYS[1]), inside, concert('capacity'), concert('rate_per_minute'), unsold(), now}
