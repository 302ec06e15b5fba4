-- Where an account is in the queue. Changes nothing.
--   KEYS[1]  wait:{c}
--   KEYS[2]  admitted:{c}
--   KEYS[3]  active:{c}
--   KEYS[4]  places:{c}
--   KEYS[5]  sold:{c}
--   ARGV     account
--   returns  {"found", state, number, ahead, deadline, now, sale}
-- include: concert
local wait, admitted, active, places, sold = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local account = ARGV[1]
-- include: sale
-- include: place
local where, number, ahead, deadline = place()
return {'found', where, number, ahead, deadline, now, sale()}
