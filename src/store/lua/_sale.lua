-- How the sale stands, for scripts that have KEYS named sold and the include "concert".
--   gives sale(): "closed" | "sold_out" | "pre" | "paused" | "draining" | "open", and unsold(): seats not sold
local function unsold() return concert('seats_total') - redis.call('BITCOUNT', sold) end
local function sale()
  if state == 'closed' then return 'closed' end
  if unsold() <= 0 then return 'sold_out' end
  if concert('opens_at_ms') > now then return 'pre' end
  return state
end
