-- One step of admission: expire who is overdue, then admit from the front while below the cap and the rate. Who is not
-- there when called is passed over, and keeps the number for when they come back.
--   KEYS[1]  wait:{c}
--   KEYS[2]  admitted:{c}
--   KEYS[3]  active:{c}
--   KEYS[4]  places:{c}
--   KEYS[5]  early:{c}
--   KEYS[6]  away:{c}
--   KEYS[7]  served:{c}   the highest number admitted
--   KEYS[8]  gate:{c}     hash: since (when a gate first saw this run of Redis), budget (entries that the rate still
--                         allows), at (the budget's time), entered (take-ups counted so far), shows, misses (how
--                         admissions ended lately), inversions (told so far)
--   KEYS[9]  sold:{c}
--   KEYS[10] holds:{c}
--   KEYS[11] seen:{c}
--   KEYS[12] draw:{c}
--   KEYS[13] totals:{c}
--   KEYS[14] seq:{c}
--   ARGV     most fans to touch, how long (ms) to wait for tickets after a loss of Redis: for those of the front,
--            and for those of the draw
--   returns  {"stepped", admitted now, no-shows now, expired now, passed over now, inversions since
--            it was told last,
--            more (1: call again), draw (1: there is to be a draw),
--            waiting, admitted, active, held, sold, away}
-- answer: stepped nnnnnnnnnnnnn
-- include: concert
-- include: loss
local wait, admitted, active, places, early, away = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local served, gate, sold, holds, seen, draw, totals = KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[11], KEYS[12], KEYS[13]
local seq = KEYS[14]
local left, patience, list_patience = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
-- include: sold
-- include: sale
-- include: line
-- include: promise
-- include: whole
local last = tonumber(redis.call('GET', seq) or -1)
if last < concert('numbers_start') or not is_whole() then return lost() end
local known = redis.call('HMGET', gate, 'since', 'budget', 'at', 'entered', 'shows', 'misses', 'inversions')

-- The line moved faster than a fan was told, so that they could not know of the admission: they keep the number.
local function keep(accounts)
  for i, place in ipairs(redis.call('HMGET', places, unpack(accounts))) do
    local number = tonumber(place and place:match('^%d+'))
    if number and not was_due(number) and not find_in(wait, accounts[i]) then
      entries(redis.call('ZADD', part_of(away, number), number, accounts[i]))
      -- They were called, so that whoever goes in now does not overtake them.
      forget(number)
    end
  end
end
local function expire(set)
  local overdue = redis.call('ZRANGE', set, '-inf', now, 'BYSCORE', 'LIMIT', 0, left)
  if #overdue == 0 then return 0 end
  if set == admitted then keep(overdue) end
  entries(-redis.call('ZREM', set, unpack(overdue)))
  redis.call('HDEL', places, unpack(overdue))
  left = left - #overdue
  return #overdue
end
local no_shows = expire(admitted)
local expired = expire(active)
local inside = redis.call('ZCARD', admitted)
local held = redis.call('ZCOUNT', holds, now, '+inf')

-- After a loss the fans come back with their tickets in any order: nobody is admitted before they had time to, those
-- who were told to ask again at the opening included.
local since, opens = tonumber(known[1] or now), concert('opens_at_ms')
local tickets_are_out = now < back_until(since, patience)

-- How admissions ended lately: the share that is taken up. Who has not come within half a minute mostly will not; to
-- count them only when their time is over would halve the rate for so long when half of the fans are gone.
local entered = tonumber(redis.call('HGET', totals, 'entered') or 0)
local fresh = math.max(0, entered - tonumber(known[4] or entered))
local shows, misses = tonumber(known[5] or 0) + fresh, tonumber(known[6] or 0) + no_shows
if shows + misses > 200 then shows, misses = shows / 2, misses / 2 end
local ttl = concert('admit_ttl_ms')
local late = redis.call('ZCOUNT', admitted, '-inf', now + ttl - math.min(30000, ttl / 2))
local share = math.max(0.25, (shows + 1) / (shows + misses + late + 1))

-- The rate is a budget of entries that fills with the time and is spent when an admission is taken up. Admissions under
-- way stand in it with the share that will be, so people who do not come cost the rate nothing. What is spare beyond
-- them grows with the time to a second's worth, and at least one; what was set aside for those who did not come may add
-- to ten, or their share would be lost whenever the guess of it changes.
local rate = concert('rate_per_minute')
local under_way = inside * share
local spare, second, ten = 0, math.max(1, rate / 60), math.max(4, rate / 6)
if known[2] then
  spare = tonumber(known[2]) - fresh - under_way
  local filled = spare + math.max(0, now - tonumber(known[3])) * rate / 60000
  spare = math.max(-ten, math.min(ten, math.max(spare, math.min(second, filled))))
else
  spare = second - under_way
end
local budget = spare + under_way

local how = sale()
local drawing, settled = unpack(redis.call('HMGET', draw, 'state', 'drawn_at_ms'))
local undrawn = opens <= now and drawing ~= 'drawn'
local must_draw = undrawn and (opens > 0 or count_of(early) > 0)
-- A line that began without an opening: its draw is one of nobody, lest a later opening draws numbers that it has.
local may_draw = (must_draw or (undrawn and last > 0)) and not tickets_are_out and
  (drawing or settled or now >= all_back_until(since, list_patience))
local room = 0
if (how == 'open' or how == 'draining') and not tickets_are_out and not must_draw then
  -- Whoever comes in when every seat is held finds nothing to choose from.
  room = math.min(math.min(concert('capacity'), unsold()) - inside - redis.call('ZCARD', active), unsold() - held)
end
if rate > 0 then room = math.min(room, math.floor(spare / share + 0.000001)) end

-- From the front of the line, all of one part.
local function call(most)
  for part = 0, parts do
    local called = redis.call('ZPOPMIN', part_key(wait, part), most)
    if #called > 0 then return called end
  end
end
local count, passed_over, highest, deadline = 0, 0, 0, now + ttl
while room > 0 and left > 0 do
  local called = call(math.min(room, left))
  if not called then break end
  local deadlines, numbers, absent, put = {}, {}, {}, 0
  for i = 1, #called, 2 do
    local account, number = called[i], called[i + 1]
    if is_there(tonumber(number)) then
      deadlines[#deadlines + 1] = deadline
      deadlines[#deadlines + 1] = account
      numbers[#numbers + 1] = account
      numbers[#numbers + 1] = number .. ' 0'
      highest = math.max(highest, tonumber(number))
    else
      absent[#absent + 1] = number
      absent[#absent + 1] = account
    end
  end
  if #deadlines > 0 then
    put = put + redis.call('ZADD', admitted, unpack(deadlines))
    redis.call('HSET', places, unpack(numbers))
  end
  if #absent > 0 then put = put + redis.call('ZADD', part_of(away, absent[1]), unpack(absent)) end
  entries(put - #called / 2)
  left = left - #called / 2
  room = room - #deadlines / 2
  count = count + #deadlines / 2
  passed_over = passed_over + #absent / 2
end
if count > 0 then
  if highest > tonumber(redis.call('GET', served) or 0) then redis.call('SET', served, highest) end
  overtaken(below(wait, highest))
end
-- Those who were passed over and yet there are counted when they ask.
local inversions = tonumber(redis.call('HGET', totals, 'inversions') or 0)

redis.call('HSET', gate, 'since', since, 'budget', string.format('%.6f', budget), 'at', now, 'entered', entered,
  'shows', shows, 'misses', misses, 'inversions', inversions)
local function add(name, by) if by > 0 then redis.call('HINCRBY', totals, name, by) end end
add('admissions', count)
add('no_shows', no_shows)
add('expiries', expired)
add('absences', passed_over)
-- While they are drawn, those who came early stand in both.
local waiting = math.max(count_of(wait), count_of(early))
return {'stepped', count, no_shows, expired, passed_over,
  math.max(0, inversions - tonumber(known[7] or 0)), left <= 0 and 1 or 0,
  may_draw and 1 or 0, waiting, inside + count, redis.call('ZCARD', active), held,
  redis.call('BITCOUNT', sold), count_of(away)}
