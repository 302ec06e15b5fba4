-- What a fan is told, for scripts with the includes "concert", "sale", "place" and "presence"; telling it is seeing the
-- fan, and who was away is back in line under the old number.
local function answer(word)
  local how = sale()
  local where, number, ahead, deadline = place()
  if where == 'away' then
    redis.call('ZREM', away, account)
    redis.call('ZADD', wait, number, account)
    redis.call('HINCRBY', totals, 'returns', 1)
    where, ahead = 'waiting', redis.call('ZRANK', wait, account)
  end
  local ms = 0
  if where == 'waiting' then
    ms = told(where, ahead, how)
    see(seen, number, ms)
  elseif where == 'early' then
    ms = told(where, ahead, how)
    see(early_seen, number, ms)
  end
  local flow = redis.call('HMGET', gate, 'low', 'high')
  return {word, where, number, ahead, deadline, now, how, ms, tonumber(flow[1] or 0), tonumber(flow[2] or 0)}
end
