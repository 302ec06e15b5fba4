-- What a fan is told, for scripts with the includes "concert", "line", "sale", "place", "flow" and "presence";
-- telling it is seeing the fan, and who was away is back in line under the old number.
--   gives answer(word, place()…), where the place is asked for when it is not given, and back(number): who was away is
--         in line
local function back(number)
  local moved = redis.call('ZREM', part_of(away, number), account)
  if moved == 0 then
    -- The gate has not come by since the admission ended.
    moved = redis.call('ZREM', admitted, account)
    redis.call('HDEL', places, account)
    redis.call('HINCRBY', totals, 'no_shows', 1)
  elseif (promised(number) or -1) >= 0 then
    -- Passed over, and yet there: what we promised is not over even now.
    overtaken(1)
  end
  entries(redis.call('ZADD', part_of(wait, number), number, account) - moved)
  redis.call('HINCRBY', totals, 'returns', 1)
end
local function answer(word, where, number, ahead, deadline)
  local how = sale()
  if not where then where, number, ahead, deadline = place() end
  if where == 'away' then
    back(number)
    where, number, ahead, deadline = place()
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
