-- Where an account is in the queue. Asking is being there: it keeps a place from being passed over.
--   KEYS[1]  wait:{c}
--   KEYS[2]  admitted:{c}
--   KEYS[3]  active:{c}
--   KEYS[4]  places:{c}
--   KEYS[5]  early:{c}
--   KEYS[6]  away:{c}
--   KEYS[7]  sold:{c}
--   KEYS[8]  gate:{c}
--   KEYS[9]  seen:{c}
--   KEYS[10] early_seen:{c}
--   KEYS[11] totals:{c}
--   ARGV     account
--   returns  {"found", state, number, ahead, deadline, now, sale, ask again in ms, flow low, flow high,
--            fade low, fade high}
-- answer: found tnnnntnnnnn
-- include: concert
local wait, admitted, active, places, early, away = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local sold, gate, seen, early_seen, totals = KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[11]
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
if where == 'none' and not is_whole() then return lost() end
return answer('found', where, number, ahead, deadline)
