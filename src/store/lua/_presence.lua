-- Who is there. Every answer tells a fan when to ask again; who has not by then, and for a while longer, is absent.
-- For scripts that have the includes "concert", "promise" and "place".
--   gives told(where, ahead, how, high): ms until the fan should ask again, and see(base, number, ms)
local function told(where, ahead, how, high)
  if where == 'early' then return math.min(math.max(concert('opens_at_ms') - now, 5000), 600000) end
  local ms, least = ahead * 33, 5000
  if how == 'open' or how == 'draining' then
    least = 2000
    -- Three times on the way at the fastest flow seen lately, or that the rate allows: however many wait, few ask in
    -- any second.
    if high == 0 then high = concert('rate_per_minute') * 1000 end
    if high > 0 then ms = ahead * 60000 * 1000 / high / 3 end
  end
  return math.floor(math.min(math.max(ms, least), 1800000))
end
local function see(base, number, ms)
  local part = math.floor(number / PART)
  local units = math.floor((now + ms + GRACE) / UNIT) % 65536
  redis.call('BITFIELD', base .. ':' .. part, 'SET', 'u16', '#' .. number % PART, math.max(units, 1))
end
