-- How fast the line moves, for scripts that have gate and the include "concert". Known only while gates say it again:
-- when all of them are gone, nothing moves.
--   gives flow(): thousandths of a fan a minute, at least and at most, 0 and 0 when too little is known; and millionths
--         of those who are there that go away in a minute, at least and at most
local function flow()
  local known = redis.call('HMGET', gate, 'low', 'high', 'fade_low', 'fade_high', 'flow_at')
  if now - tonumber(known[5] or 0) > 60000 then return 0, 0, 0, 0 end
  return tonumber(known[1] or 0), tonumber(known[2] or 0), tonumber(known[3] or 0), tonumber(known[4] or 0)
end
