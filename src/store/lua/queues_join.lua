-- Take a place in the queue, keep the one there is, or take up an admission.
--   KEYS[1]  wait:{c}       sorted set: account by number
--   KEYS[2]  admitted:{c}   sorted set: account by the end of its admission (ms)
--   KEYS[3]  active:{c}     sorted set: account by the end of its time inside (ms)
--   KEYS[4]  places:{c}     hash: account to "number end-of-choosing" of those admitted or active
--   KEYS[5]  early:{c}      sorted set: account by entry number, of those who came before the opening
--   KEYS[6]  away:{c}       sorted set: account by number, of those who were not there when called
--   KEYS[7]  seq:{c}        the last number handed out
--   KEYS[8]  restored:{c}:<part>  …:<numbers_start> is a bitmap: numbers given back for a ticket, in this part of it
--   KEYS[9]  sold:{c}       bitmap: sold seats
--   KEYS[10] gate:{c}       hash: what the gate knows
--   KEYS[11] draw:{c}       hash: the draw of those who came early
--   KEYS[12] seen:{c}       seen:{c}:<part>: until when a number counts as present
--   KEYS[13] early_seen:{c} the same of entry numbers
--   KEYS[14] entered:{c}    entered:{c}:<part>: bitmap of the entry numbers that take part in the draw
--   KEYS[15] totals:{c}     hash: counts since Redis began
--   ARGV     account, number on its ticket or 0, bit of that number in KEYS[8], what the number is: "number" | "entry"
--            (before the draw) | "undrawn" (an entry number, and MySQL says that there was no draw yet)
--   returns  {"kept" | "new", state, number, ahead, deadline, now, sale, ask again in ms, flow low, flow high,
--            fade low, fade high}
--          | {"closed"} | {"sold_out"} | {"numbers"}: a further block of numbers is needed
--          | {"draw"}: ask MySQL what became of the entry number
-- answer: kept tnnnntnnnnn | new tnnnntnnnnn | closed | sold_out | numbers | draw
-- include: concert
local wait, admitted, active, places, early, away = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local seq, restored, sold, gate, draw = KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[11]
local seen, early_seen, entered, totals = KEYS[12], KEYS[13], KEYS[14], KEYS[15]
local account = ARGV[1]
-- include: sold
-- include: sale
-- include: line
-- include: promise
-- include: place
-- include: whole
-- include: flow
-- include: presence
-- include: answer
local where, number, ahead, deadline = place()
local function kept() return answer('kept', where, number, ahead, deadline) end
if where == 'none' and not is_whole() then return lost() end
if where == 'active' then return kept() end
if where == 'admitted' then
  local ends = now + concert('active_ttl_ms')
  entries(redis.call('ZADD', active, ends, account) - redis.call('ZREM', admitted, account))
  redis.call('HSET', places, account, number .. ' ' .. ends)
  redis.call('HINCRBY', totals, 'entered', 1)
  return answer('kept')
end
local last = tonumber(redis.call('GET', seq) or -1)
if last < concert('numbers_start') then return lost() end
-- Who came early keeps the entry number.
if where == 'early' then return kept() end
-- Until the list is frozen, who comes before the opening is in the draw.
local function gather(entry)
  local part = math.floor(entry / 32768)
  entries(redis.call('ZADD', part_of(early, entry), entry, account))
  redis.call('SETBIT', entered .. ':' .. part, entry % 32768, 1)
end
local function stand(at, is_newcomer)
  -- Another number may be in another part.
  local moved = is_newcomer and 0 or remove_from(wait, account)
  entries(redis.call('ZADD', part_of(wait, at), at, account) - moved)
end
local drawn, last_entry, seed = unpack(redis.call('HMGET', draw, 'state', 'last', 'seed'))
-- The gates may be away for a while after the opening: what is drawn ends before the first who came after it. Once the
-- seed is told, the draw is over, also where Redis has lost that and waits for a gate.
local function end_draw(at)
  if not drawn and not seed and (concert('opens_at_ms') > 0 or count_of(early) > 0) then
    redis.call('HSET', draw, 'last', math.min(at, tonumber(last_entry or at)))
  end
end
-- A number from before the loss of Redis is given back, once: whoever leaves after that starts again. Who came anew
-- without the ticket, on another device perhaps, has a number of this life, and moves to that of the ticket.
local ticket, start = tonumber(ARGV[2]), concert('numbers_start')
if ticket > 0 and ticket <= start and (where == 'none' or number > start) then
  if ARGV[4] == 'entry' or (ARGV[4] == 'undrawn' and drawn) then return {'draw'} end
  -- Each loss has a bitmap of its own: the one before may have been left.
  local life = restored .. ':' .. start
  if redis.call('SETBIT', life, ARGV[3], 1) == 0 then
    redis.call('EXPIRE', life, 7 * 86400)
    if where == 'away' then back(number) end
    if ARGV[4] == 'undrawn' then
      entries(-remove_from(wait, account))
      gather(ticket)
    else
      -- Before the draw only who came after the opening has such a number, and Redis has lost that they did.
      end_draw(ticket - 1)
      stand(ticket, where == 'none')
    end
    return answer('kept')
  end
end
-- The number of who was absent is not worth renewing.
if where == 'away' then return kept() end
if where == 'waiting' then
  -- The last in line keeps the number under either policy. So does who shows the ticket of another number, as the
  -- answer that told of this one was lost, and who came back with a ticket after a loss: repeating a lost answer
  -- changes nothing.
  local keeps = number == last or (ticket > 0 and (ticket ~= number or ARGV[4] ~= 'number' or number <= start))
  if keeps or redis.call('HGET', concert_key, 'rejoin') ~= 'refresh' then return kept() end
end
if where == 'none' then
  local refusal = sale()
  if state == 'draining' then refusal = 'closed' end
  if refusal == 'closed' or refusal == 'sold_out' then
    redis.call('HINCRBY', totals, 'refused_' .. refusal, 1)
    return {refusal}
  end
end
if last >= numbers_end then return {'numbers'} end
local is_newcomer = where == 'none'
number = redis.call('INCR', seq)
local opens = concert('opens_at_ms')
where = 'waiting'
if opens > now and not drawn and not last_entry and is_newcomer then
  gather(number)
  where = 'early'
else
  end_draw(number - 1)
  stand(number, is_newcomer)
end
redis.call('HINCRBY', totals, 'joins', 1)
-- The greatest number there is.
return answer('new', where, number, count_of(where == 'early' and early or wait) - 1, 0)
