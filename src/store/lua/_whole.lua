-- Has Redis lost one of the sets, alone? For scripts that have wait, admitted, active, places, early, away and the
-- includes "concert" and "line". Whoever is somewhere in the queue is an entry that is counted, and who is inside has a
-- number.
--   gives is_whole()
local function is_whole()
  local inside = redis.call('ZCARD', admitted) + redis.call('ZCARD', active)
  return redis.call('HLEN', places) == inside and
    count_of(wait) + count_of(early) + count_of(away) + inside == concert('entries')
end
