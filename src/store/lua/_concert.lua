-- What every script of one concert starts with; store/concert_scripts.c adds its keys and argument.
--   KEYS[#KEYS - 1]  concert:{c}   hash: what MySQL says of the concert; missing means Redis lost it
--   KEYS[#KEYS]      revoked:{c}   sorted set: sessions that were signed out
--   ARGV[#ARGV]      the caller's session id in hex, or empty for nobody
--   returns {"cold"} when the concert must be brought back from MySQL first, {"signed_out"} for a dead session
-- and gives the rest of the script: now (ms, Redis's clock), state, concert (a function that reads a number of it)
local concert_key, revoked_key, session = KEYS[#KEYS - 1], KEYS[#KEYS], ARGV[#ARGV]
local known = redis.call('HMGET', concert_key, 'state', 'starts_at_ms')
if not known[1] then return {'cold'} end
if session ~= '' and redis.call('ZSCORE', revoked_key, session) then return {'signed_out'} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- A concert that has begun is closed, whatever its operators last said.
-- answer: cold | signed_out
local state = tonumber(known[2]) > now and known[1] or 'closed'
local function concert(name) return tonumber(redis.call('HGET', concert_key, name)) end
