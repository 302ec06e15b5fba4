-- From now on nobody enters the draw: what comes later stands behind it.
--   KEYS[1]  draw:{c}   hash: state ("frozen" | "drawing" | "drawn"), last (the last entry number; there before
--                       that when somebody came after the opening)
--   KEYS[2]  seq:{c}
--   returns  {"frozen", last entry number} | {"drawn"} | {"not_yet"}
-- answer: frozen n | drawn | not_yet
-- include: concert
local last = redis.call('GET', KEYS[2])
if not last then return lost() end
local drawn = redis.call('HGET', KEYS[1], 'state')
if drawn == 'drawn' then return {'drawn'} end
if not drawn then
  if concert('opens_at_ms') > now then return {'not_yet'} end
  redis.call('HSET', KEYS[1], 'state', 'frozen')
  redis.call('HSETNX', KEYS[1], 'last', last)
end
return {'frozen', tonumber(redis.call('HGET', KEYS[1], 'last'))}
