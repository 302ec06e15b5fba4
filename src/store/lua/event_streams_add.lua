-- Append events to their stream. Running it twice appends them twice, which every reader puts up with.
--   KEYS[1]  stream
--   ARGV     id, aggregate id, type, time of writing (ms) and payload of each event
--   returns  {"added", entries that are in the stream now}
-- answer: added n
for i = 1, #ARGV, 5 do
    redis.call('XADD', KEYS[1], '*', 'id', ARGV[i], 'key', ARGV[i + 1], 'type', ARGV[i + 2],
        'created_ms', ARGV[i + 3], 'payload', ARGV[i + 4])
end
return {'added', redis.call('XLEN', KEYS[1])}
