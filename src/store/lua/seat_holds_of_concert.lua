-- A page of all holds of a concert, by their ends: for operators.
--   KEYS[1]  hold:{c}   hold:{c}:<seat> is the account that holds the seat
--   KEYS[2]  holds:{c}  sorted set: seat by the end of its hold (ms)
--   ARGV     the end (ms) and the seat that the page before ended with, or 0 and 0; most holds
--   returns  {"holds", now, seat, end, account, seat, end, account…}
-- answer: holds n (nnn)
-- include: concert
local after, last, most = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local from, same = '(' .. now, 0
if after > now then
  -- Holds that end in the same millisecond are in the order of their texts.
  from, same = after, redis.call('ZCOUNT', KEYS[2], after, after)
end
local page = redis.call('ZRANGE', KEYS[2], from, '+inf', 'BYSCORE', 'LIMIT', 0, most + same, 'WITHSCORES')
local answer = {'holds', now}
for i = 1, #page, 2 do
  local seat, ends = page[i], tonumber(page[i + 1])
  local owner = redis.call('GET', KEYS[1] .. ':' .. seat)
  if owner and (ends > after or seat > last) and #answer < 2 + 3 * most then
    answer[#answer + 1] = tonumber(seat)
    answer[#answer + 1] = ends
    answer[#answer + 1] = tonumber(owner)
  end
end
return answer
