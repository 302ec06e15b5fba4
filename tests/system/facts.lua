-- Every key of Redis with the digest of what it holds, but for those that change by themselves: attempts to sign in,
-- positions in the streams, what the gate and the relay remember of their own work, what is counted for charts.
local lines, cursor = {}, '0'
repeat
  local found = redis.call('SCAN', cursor, 'COUNT', 1000)
  cursor = found[1]
  for _, key in ipairs(found[2]) do
    local word = key:match('^[a-z_]+')
    local counted = word == 'totals' or word == 'sampled' or word == 'series'
    if not counted and word ~= 'sign_in' and word ~= 'events' and word ~= 'relay' and word ~= 'gate' then
      lines[key .. ' ' .. redis.sha1hex(redis.call('DUMP', key) or '')] = true
    end
  end
until cursor == '0'
local list = {}
for line in pairs(lines) do list[#list + 1] = line end
table.sort(list)
return list
