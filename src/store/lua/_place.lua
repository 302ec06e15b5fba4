-- Where an account is, for scripts that have wait, admitted, active, places, early, away, account and the includes
-- "concert", "line" and "promise". A deadline that has passed counts at once, whether or not the gate has come by.
--   gives number_of(): its number and when its time to choose ends (0 while it is not active), and
--         place(): state, number, people ahead, deadline; the states are "none", "early", "waiting", "away",
--         "admitted", "active"
local function number_of()
  local number, ends = (redis.call('HGET', places, account) or '0 0'):match('^(%d+) (%d+)$')
  return tonumber(number), tonumber(ends)
end
local function place()
  local number, part = find_in(wait, account)
  if number then return 'waiting', number, ahead_in(wait, part, account), 0 end
  local deadline = tonumber(redis.call('ZSCORE', active, account) or 0)
  if deadline > now then return 'active', (number_of()), 0, deadline end
  deadline = tonumber(redis.call('ZSCORE', admitted, account) or 0)
  if deadline > now then return 'admitted', (number_of()), 0, deadline end
  -- The line moved faster than the fan was told, so that they could not know of the admission: they keep the number.
  if deadline > 0 and not was_due((number_of())) then return 'away', (number_of()), 0, 0 end
  number = may_have(early) and find_in(early, account)
  if number then return 'early', number, count_of(early) - 1, 0 end
  number = may_have(away) and find_in(away, account)
  if number then return 'away', number, 0, 0 end
  return 'none', 0, 0, 0
end
