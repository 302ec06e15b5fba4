-- Was this session signed out? The set is only believed when it is marked as whole: Redis may have lost it.
--   KEYS[1]  revoked:{all}   sorted set: session id (hex) by its end (ms); "whole" marks it as loaded from MySQL
--   ARGV     session id (hex)
--   returns  {"good"} | {"signed_out"} | {"cold"}
-- answer: good | signed_out | cold
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then return {'signed_out'} end
if not redis.call('ZSCORE', KEYS[1], 'whole') then return {'cold'} end
return {'good'}
