-- After a cancellation's commit: the seats are on sale again.
--   KEYS[1]  sold:{c}
--   KEYS[2]  version:{c}
--   KEYS[3]  changes:{c}
--   ARGV     seats…
--   returns  {"unsold"}
-- answer: unsold
-- include: concert
local sold = KEYS[1]
-- include: sold
local changed = false
for i = 1, own do
  if redis.call('SETBIT', sold, ARGV[i], 0) == 1 then changed = true end
end
if changed then
  redis.call('INCR', KEYS[2])
  redis.call('INCR', KEYS[3])
end
return {'unsold'}
