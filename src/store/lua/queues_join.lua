-- Take a place in the queue, keep the one there is, or take up an admission.
--   KEYS[1]  wait:{c}      sorted set: account by number
--   KEYS[2]  admitted:{c}  sorted set: account by the end of its admission (ms)
--   KEYS[3]  active:{c}    sorted set: account by the end of its time inside (ms)
--   KEYS[4]  places:{c}    hash: account to "number end-of-choosing" of those admitted or active
--   KEYS[5]  seq:{c}       the last number handed out
--   KEYS[6]  restored:{c}  bitmap: numbers given back for a ticket, in this part of it
--   KEYS[7]  sold:{c}      bitmap: sold seats
--   ARGV     account, number on its ticket or 0, bit of that number in KEYS[6]
--   returns  {"kept" | "new", state, number, ahead, deadline, now, sale}
--          | {"closed"} | {"sold_out"} | {"numbers"}: a further block of numbers is needed
-- include: concert
local wait, admitted, active, places = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local seq, restored, sold = KEYS[5], KEYS[6], KEYS[7]
local account = ARGV[1]
-- include: sale
-- include: place
local now_sale = sale()
local function answer(word)
  local where, number, ahead, deadline = place()
  return {word, where, number, ahead, deadline, now, now_sale}
end
local where, number = place()
if where == 'active' then return answer('kept') end
if where == 'admitted' then
  local ends = now + concert('active_ttl_ms')
  redis.call('ZREM', admitted, account)
  redis.call('ZADD', active, ends, account)
  redis.call('HSET', places, account, number .. ' ' .. ends)
  return answer('kept')
end
local last = tonumber(redis.call('GET', seq))
if where == 'waiting' then
  -- The last in line keeps the number under either policy: repeating a lost answer changes nothing.
  if number == last or redis.call('HGET', concert_key, 'rejoin') ~= 'refresh' then return answer('kept') end
elseif now_sale == 'closed' or now_sale == 'sold_out' then
  return {now_sale}
elseif state == 'draining' then
  return {'closed'}
end
-- A number from before the loss of Redis is given back, once: whoever leaves after that starts again.
local ticket = tonumber(ARGV[2])
if where == 'none' and ticket > 0 and ticket <= concert('numbers_start')
  and redis.call('SETBIT', restored, ARGV[3], 1) == 0 then
  redis.call('ZADD', wait, ticket, account)
  return answer('kept')
end
if last >= concert('numbers_end') then return {'numbers'} end
redis.call('ZADD', wait, redis.call('INCR', seq), account)
return answer('new')
