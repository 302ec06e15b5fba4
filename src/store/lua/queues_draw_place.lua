-- Put drawn fans into the line. Safe to repeat, and for two gates at once: both write the same numbers, and none after
-- the draw was finished.
--   KEYS[1]  draw:{c}
--   KEYS[2]  early:{c}
--   KEYS[3]  wait:{c}
--   KEYS[4]  seen:{c}
--   KEYS[5]  served:{c}
--   KEYS[6]  totals:{c}
--   ARGV     fans, as "account number present-until;…" with ascending numbers
--   returns  {"placed"} | {"drawn"}: another gate has finished
-- answer: placed | drawn
-- include: concert
-- include: line
local early, wait, seen, totals = KEYS[2], KEYS[3], KEYS[4], KEYS[6]
if redis.call('HGET', KEYS[1], 'state') == 'drawn' then return {'drawn'} end
local served = tonumber(redis.call('GET', KEYS[5]) or 0)
local accounts, numbers, presence = {}, {}, {}
for account, number, present in ARGV[1]:gmatch('(%d+) (%d+) (%d+);') do
  local i = #accounts + 1
  accounts[i], numbers[i], presence[i] = account, tonumber(number), present
end
local function are_in(set)
  local are = redis.call('ZMSCORE', set, unpack(accounts))
  for part = 1, parts do
    local more = redis.call('ZMSCORE', part_key(set, part), unpack(accounts))
    for i, number in ipairs(more) do are[i] = are[i] or number end
  end
  return are
end
-- Who left meanwhile stays out, and who was placed already may have asked since, and counts as present for longer.
local entered, placed = are_in(early), are_in(wait)
local line, line_key, promises, promises_key, overtaken = {}, nil, {}, nil, 0
local function put()
  if #line > 0 then entries(redis.call('ZADD', line_key, unpack(line))) end
  if #promises > 0 then redis.call('BITFIELD', promises_key, unpack(promises)) end
  line, promises = {}, {}
end
for i, number in ipairs(numbers) do
  if entered[i] and not placed[i] then
    local key, seen_key = part_of(wait, number), seen .. ':' .. math.floor(number / 8192)
    if key ~= line_key or seen_key ~= promises_key then put() end
    line_key, promises_key = key, seen_key
    local at, bits = #line, #promises
    line[at + 1], line[at + 2] = number, accounts[i]
    promises[bits + 1], promises[bits + 2] = 'SET', 'u16'
    promises[bits + 3], promises[bits + 4] = '#' .. number % 8192, presence[i]
    if number < served then overtaken = overtaken + 1 end
  end
end
put()
-- Nobody is let in before all are placed.
if overtaken > 0 then redis.call('HINCRBY', totals, 'inversions', overtaken) end
return {'placed'}
