-- How long a number still counts as present, for scripts that have seen and the include "concert". seen:{c}:<part> has
-- two bytes a number: until when, in units of ten seconds, modulo 2^16 (a week). Nobody is promised more than 200
-- units, so a greater distance is one into the past. 0 is what Redis has lost: who is in line was seen, so they count
-- as present. Neighbours are mostly of one part, so it is read once.
--   gives promised(number): units left, -1 for who is absent; and was_due(number): whether the time to ask again, which
--         the fan was told, is over
local UNIT, PART, GRACE = 10000, 8192, 180000
local part, part_bytes = -1, ''
local function promised(number)
  local of = math.floor(number / PART)
  if of ~= part then part, part_bytes = of, redis.call('GET', seen .. ':' .. of) or '' end
  local high, low = part_bytes:byte(number % PART * 2 + 1, number % PART * 2 + 2)
  local till = (high or 0) * 256 + (low or 0)
  if till == 0 then return GRACE / UNIT + 1 end
  local units = (till - math.floor(now / UNIT)) % 65536
  return units < 256 and units or -1
end
local function was_due(number) return promised(number) <= GRACE / UNIT end
