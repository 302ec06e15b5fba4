-- Drop what every group is done with (whole nodes of the stream, which is cheap), and consumers that are long gone.
--   KEYS[1]  stream
--   ARGV     number of groups there must be; a consumer without work is gone after this many ms
--   returns  {"trimmed", entries dropped}
-- answer: trimmed n
if redis.call('EXISTS', KEYS[1]) == 0 then return {'trimmed', 0} end

local function members(flat)
    local by_name = {}
    for i = 1, #flat, 2 do by_name[flat[i]] = flat[i + 1] end
    return by_name
end

local function before(a, b)
    local a_ms, a_seq = string.match(a, '(%d+)-(%d+)')
    local b_ms, b_seq = string.match(b, '(%d+)-(%d+)')
    if a_ms ~= b_ms then return tonumber(a_ms) < tonumber(b_ms) end
    return tonumber(a_seq) < tonumber(b_seq)
end

local groups = redis.call('XINFO', 'GROUPS', KEYS[1])
if #groups < tonumber(ARGV[1]) then return {'trimmed', 0} end
local keep_from
for _, flat in ipairs(groups) do
    local group = members(flat)
    local needs = group['last-delivered-id']
    local pending = redis.call('XPENDING', KEYS[1], group.name)
    if pending[1] > 0 then needs = pending[2] end
    if not keep_from or before(needs, keep_from) then keep_from = needs end
    for _, flat_consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], group.name)) do
        local consumer = members(flat_consumer)
        if consumer.pending == 0 and consumer.idle > tonumber(ARGV[2]) then
            redis.call('XGROUP', 'DELCONSUMER', KEYS[1], group.name, consumer.name)
        end
    end
end
return {'trimmed', redis.call('XTRIM', KEYS[1], 'MINID', '~', keep_from)}
