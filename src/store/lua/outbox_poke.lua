-- Wake the relay. A second poke adds nothing to one that was not heard yet.
--   KEYS[1]  list: one element while somebody committed events since the relay last looked
--   returns  {"poked"}
-- answer: poked
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('LPUSH', KEYS[1], '1') end
return {'poked'}
