-- The draw is over: the line may move.
--   KEYS[1]  draw:{c}
--   KEYS[2]  early:{c}
--   returns  {"drawn"}
-- answer: drawn
-- include: concert
redis.call('HSET', KEYS[1], 'state', 'drawn')
entries(-redis.call('ZCARD', KEYS[2]))
redis.call('UNLINK', KEYS[2])
return {'drawn'}
