-- Has Redis lost one of the sets, alone? For scripts that have wait, admitted, active, places, early, away and the
-- includes "concert" and "line". Whoever is somewhere in the queue is an entry that is counted, and who is inside has a
-- number.
--   gives is_whole()
local function is_whole()
  local outside = count_of(wait)
  if may_have(early) then outside = outside + count_of(early) end
  if may_have(away) then outside = outside + count_of(away) end
  local inside = redis.call('ZCARD', admitted) + redis.call('ZCARD', active)
  return redis.call('HLEN', places) == inside and outside + inside == concert('entries')
end
