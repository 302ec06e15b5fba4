-- Note how fast the line moves, for the estimates that fans are told.
--   KEYS[1]  gate:{c}
--   ARGV     thousandths of a fan a minute: at least, at most; 0 and 0 when too little is known;
--            and millionths of those who are there that go away in a minute: at least, at most
--   returns  {"noted"}
-- answer: noted
-- include: concert
redis.call('HSET', KEYS[1], 'low', ARGV[1], 'high', ARGV[2], 'fade_low', ARGV[3], 'fade_high', ARGV[4],
  'flow_at', now)
return {'noted'}
