-- Write what happened since the last time into series for charts: a fine one for hours, coarser ones for days, weeks.
-- Whoever asks first after a period has ended writes its row, so any number of gates may ask.
--   KEYS[1]  totals:{c}   hash: counts since Redis began
--   KEYS[2]  sampled:{c}  hash: for each step the period written last and the counts at its end; begun, when it is as
--                         old as the counts, so that the first row has what came before the first look
--   KEYS[3]  wait:{c}
--   KEYS[4]  early:{c}
--   KEYS[5]  admitted:{c}
--   KEYS[6]  active:{c}
--   KEYS[7]  away:{c}
--   KEYS[8]  series:{c}   series:{c}:<step in seconds> is a list of rows
--   KEYS[9]  sold:{c}
--   KEYS[10] seq:{c}
--   KEYS[11] served:{c}
--   KEYS[12] gate:{c}
--   ARGV     names of counts, separated by spaces; then pairs of step (s) and most rows
--   returns  {"sampled", 1 when a row of the finest series was written, its last rows…}; a row is
--            "end-of-period (s) counts… waiting admitted active away room flowing last served low high fade-low
--            fade-high"; flowing is 1 while fans may be admitted, last the last number in line, the others the flow
--            that fans are told
-- answer: sampled n (t)
-- include: concert
local sold, gate = KEYS[9], KEYS[12]
-- include: sold
-- include: sale
-- include: line
-- include: flow
local names = {}
for name in ARGV[1]:gmatch('%S+') do names[#names + 1] = name end
local counts = redis.call('HMGET', KEYS[1], unpack(names))
for i = 1, #names do counts[i] = tonumber(counts[i] or 0) end
local low, high, fade_low, fade_high = flow()
local admitted, active, how = redis.call('ZCARD', KEYS[5]), redis.call('ZCARD', KEYS[6]), sale()
-- While they are drawn, those who came early stand in both.
local levels = table.concat({math.max(count_of(KEYS[3]), count_of(KEYS[4])), admitted, active,
  count_of(KEYS[7]), math.max(0, math.min(concert('capacity'), unsold()) - admitted - active),
  (how == 'open' or how == 'draining') and 1 or 0, redis.call('GET', KEYS[10]) or 0, redis.call('GET', KEYS[11]) or 0,
  low, high, fade_low, fade_high}, ' ')
local begun = redis.call('HEXISTS', KEYS[2], 'begun') == 1
local written = 0
for i = 2, own, 2 do
  local step = tonumber(ARGV[i])
  local period = math.floor(now / 1000 / step) * step
  local before = redis.call('HGET', KEYS[2], ARGV[i])
  local numbers = {}
  for number in (before or ''):gmatch('%S+') do numbers[#numbers + 1] = tonumber(number) end
  if numbers[1] ~= period then
    if #numbers == #names + 1 then
      local row = {period}
      for j = 1, #names do row[j + 1] = math.max(0, counts[j] - numbers[j + 1]) end
      redis.call('RPUSH', KEYS[8] .. ':' .. step, table.concat(row, ' ') .. ' ' .. levels)
      redis.call('LTRIM', KEYS[8] .. ':' .. step, -ARGV[i + 1], -1)
      if i == 2 then written = 1 end
    end
    local known = not before and begun and ('0 '):rep(#names) or table.concat(counts, ' ')
    redis.call('HSET', KEYS[2], ARGV[i], period .. ' ' .. known)
  end
end
if written == 0 then return {'sampled', 0} end
return {'sampled', 1, unpack(redis.call('LRANGE', KEYS[8] .. ':' .. ARGV[2], -120, -1))}
