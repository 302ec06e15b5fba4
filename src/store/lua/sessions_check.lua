-- Was this session signed out? The set is only believed when it is marked as whole in this run of Redis: it may be
-- lost, or come from an old file.
--   KEYS[1]  revoked:{all}   sorted set: session id (hex) by its end (ms); "whole:<run>" marks it as loaded from MySQL
--   ARGV     session id (hex), which run of Redis this is
--   returns  {"good"} | {"signed_out"} | {"cold"}
-- answer: good | signed_out | cold
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then return {'signed_out'} end
if not redis.call('ZSCORE', KEYS[1], 'whole:' .. ARGV[2]) then return {'cold'} end
return {'good'}
