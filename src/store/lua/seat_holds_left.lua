-- Of several sales, those that seat_holds_sold.lua has something to do for: a seat is not shown as sold or has a trace
-- of its buyer's hold, or the buyer is still inside under the number that paid.
--   KEYS[1]  places:{c}
--   KEYS[2]  sold:{c}
--   KEYS[3]  hold:{c}
--   KEYS[4]  held:{c}
--   ARGV     account, number of its place, how many seats, seats… of each sale
--   returns  {"left", 1 or 0 for each}
-- answer: left (n)
-- include: concert
local places, sold, hold, held = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local function is_left(account, number, first, last)
  if number ~= '0' and (redis.call('HGET', places, account) or '0'):match('^%d+') == number then return 1 end
  for i = first, last do
    if redis.call('GETBIT', sold, ARGV[i]) == 0 or redis.call('GET', hold .. ':' .. ARGV[i]) == account or
      redis.call('ZSCORE', held .. ':' .. account, ARGV[i]) then
      return 1
    end
  end
  return 0
end
local answer, at = {'left'}, 1
while at < #ARGV - 1 do
  local first, last = at + 3, at + 2 + tonumber(ARGV[at + 2])
  answer[#answer + 1] = is_left(ARGV[at], ARGV[at + 1], first, last)
  at = last + 1
end
return answer
