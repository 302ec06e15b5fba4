-- Make a group that reads a stream from its beginning, unless it is there.
--   KEYS[1]  stream
--   ARGV     group
--   returns  {"made" | "there"}
-- answer: made | there
local made = redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
if type(made) == 'table' and made.err then
    if string.sub(made.err, 1, 9) == 'BUSYGROUP' then return {'there'} end
    return made
end
return {'made'}
