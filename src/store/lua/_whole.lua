-- Has Redis lost one of the sets, alone? For scripts that have wait, admitted, active, places, early, away and the
-- include "concert". Whoever is somewhere in the queue is an entry that is counted, and who is inside has a number.
--   gives is_whole()
local function is_whole()
  local inside = redis.call('ZCARD', admitted) + redis.call('ZCARD', active)
  return redis.call('HLEN', places) == inside and
    redis.call('ZCARD', wait) + redis.call('ZCARD', early) + redis.call('ZCARD', away) + inside == concert('entries')
end
