-- How long a number still counts as present, for scripts that have seen, totals and the include "concert".
-- seen:{c}:<part> has two bytes a number: until when, in units of ten seconds, modulo 2^16 (a week). Nobody is promised
-- more than 200 units, so a greater distance is one into the past. 0 is what Redis has lost: who is in line was
-- seen, so they count as present. Neighbours are mostly of one part, so it is read once.
--   gives promised(number): units left, -1 for who is absent, nothing when it is not known; is_there(number);
--         was_due(number): whether the time to ask again, which the fan was told, is over; forget(number): makes it
--         unknown; overtaken(by): counts fans who were there and ahead of somebody who was let in
local UNIT, PART, GRACE = 10000, 8192, 180000
local part, part_bytes = -1, ''
local function promised(number)
  local of = math.floor(number / PART)
  if of ~= part then part, part_bytes = of, redis.call('GET', seen .. ':' .. of) or '' end
  local high, low = part_bytes:byte(number % PART * 2 + 1, number % PART * 2 + 2)
  local till = (high or 0) * 256 + (low or 0)
  if till == 0 then return nil end
  local units = (till - math.floor(now / UNIT)) % 65536
  return units < 256 and units or -1
end
local function forget(number)
  redis.call('BITFIELD', seen .. ':' .. math.floor(number / PART), 'SET', 'u16', '#' .. number % PART, 0)
end
local function is_there(number) return (promised(number) or 0) >= 0 end
local function was_due(number)
  local units = promised(number)
  return units ~= nil and units <= GRACE / UNIT
end
local function overtaken(by) if by > 0 then redis.call('HINCRBY', totals, 'inversions', by) end end
