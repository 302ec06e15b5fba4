-- What an account holds.
--   KEYS[1]  hold:{c}            hold:{c}:<seat> is the account that holds the seat
--   KEYS[2]  held:{c}:<account>  sorted set: the account's seats by the end of their holds (ms)
--   ARGV     account
--   returns  {"held", now, seat, end, seat, end…}
-- answer: held n (nn)
-- include: concert
local answer = {'held', now}
local live = redis.call('ZRANGE', KEYS[2], '(' .. now, '+inf', 'BYSCORE', 'WITHSCORES')
for i = 1, #live, 2 do
  if redis.call('GET', KEYS[1] .. ':' .. live[i]) == ARGV[1] then
    answer[#answer + 1] = tonumber(live[i])
    answer[#answer + 1] = tonumber(live[i + 1])
  end
end
return answer
