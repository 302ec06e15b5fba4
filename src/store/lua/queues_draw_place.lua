-- Put drawn fans into the line. Safe to repeat, and for two gates at once: both write the same numbers, and none after
-- the draw was finished.
--   KEYS[1]  draw:{c}
--   KEYS[2]  early:{c}
--   KEYS[3]  wait:{c}
--   KEYS[4]  seen:{c}
--   ARGV     fans, as "account number present-until;…" with ascending numbers
--   returns  {"placed"} | {"drawn"}: another gate has finished
-- answer: placed | drawn
-- include: concert
if redis.call('HGET', KEYS[1], 'state') == 'drawn' then return {'drawn'} end
local placed = 0
for account, number, present in ARGV[1]:gmatch('(%d+) (%d+) (%d+);') do
  -- Who left meanwhile stays out, and who was placed already may have asked since, and counts as present for longer.
  if redis.call('ZSCORE', KEYS[2], account) and redis.call('ZADD', KEYS[3], 'NX', number, account) == 1 then
    placed = placed + 1
    redis.call('BITFIELD', KEYS[4] .. ':' .. math.floor(number / 8192), 'SET', 'u16', '#' .. number % 8192, present)
  end
end
entries(placed)
return {'placed'}
