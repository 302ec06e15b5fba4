-- What a fan is told, for scripts with the includes "concert", "sale", "place", "flow" and "presence"; telling it is
-- seeing the fan, and who was away is back in line under the old number.
--   gives answer(word), and back(number): who was away is in line
local function back(number)
  local moved = redis.call('ZREM', away, account)
  if moved == 0 then
    -- The gate has not come by since the admission ended.
    moved = redis.call('ZREM', admitted, account)
    redis.call('HDEL', places, account)
    redis.call('HINCRBY', totals, 'no_shows', 1)
  end
  entries(redis.call('ZADD', wait, number, account) - moved)
  redis.call('HINCRBY', totals, 'returns', 1)
end
local function answer(word)
  local how = sale()
  local where, number, ahead, deadline = place()
  if where == 'away' then
    back(number)
    where, ahead = 'waiting', redis.call('ZRANK', wait, account)
  end
  local low, high, fade_low, fade_high = flow()
  local ms = 0
  if where == 'waiting' then
    ms = told(where, ahead, how, high)
    see(seen, number, ms)
  elseif where == 'early' then
    ms = told(where, ahead, how, high)
    see(early_seen, number, ms)
  end
  return {word, where, number, ahead, deadline, now, how, ms, low, high, fade_low, fade_high}
end
