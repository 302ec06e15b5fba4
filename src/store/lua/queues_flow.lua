-- Note how fast the line moves, for the estimates that fans are told.
--   KEYS[1]  gate:{c}
--   ARGV     thousandths of a fan a minute: at least, at most; 0 and 0 when too little is known
--   returns  {"noted"}
-- answer: noted
-- include: concert
redis.call('HSET', KEYS[1], 'low', ARGV[1], 'high', ARGV[2], 'flow_at', now)
return {'noted'}
