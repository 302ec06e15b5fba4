-- The draw is over: the line may move.
--   KEYS[1]  draw:{c}
--   KEYS[2]  early:{c}
--   returns  {"drawn"}
-- answer: drawn
-- include: concert
-- include: line
redis.call('HSET', KEYS[1], 'state', 'drawn')
entries(-count_of(KEYS[2]))
for part = 0, parts do redis.call('UNLINK', part_key(KEYS[2], part)) end
return {'drawn'}
