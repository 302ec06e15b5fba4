-- What every script of one concert starts with; store/concert_scripts.c adds its keys and arguments.
--   KEYS[#KEYS - 1]  concert:{c}   hash: what MySQL says of the concert, the block of queue numbers reserved there, and
--                                  what tells whether Redis still has all of it: run (of Redis, that brought it here),
--                                  entries (of wait, early, away, admitted and active together)
--   KEYS[#KEYS]      revoked:{c}   sorted set: sessions that were signed out; "whole:<run>" marks it as
--                                  loaded from MySQL
--   ARGV[#ARGV - 1]  which run of Redis this is
--   ARGV[#ARGV]      the caller's session id in hex, or empty for nobody
--   returns {"cold"} when the concert must be brought back from MySQL first, {"signed_out"} for a dead session
-- and gives the rest of the script: now (ms, Redis's clock), state, numbers_end, own (how many of ARGV are its own),
-- concert (a function that reads a number of the hash), lost (to be returned when something is missing: makes the
-- concert cold), entries (counts what was put into the sets or, below zero, taken out)
-- answer: cold | signed_out
local concert_key, revoked_key, session, own = KEYS[#KEYS - 1], KEYS[#KEYS], ARGV[#ARGV], #ARGV - 2
local known = redis.call('HMGET', concert_key, 'state', 'starts_at_ms', 'run', 'numbers_end')
-- Redis came back with a file: of some seconds ago, for all that anybody knows.
if not known[1] or known[3] ~= ARGV[#ARGV - 1] then return {'cold'} end
local function lost()
  redis.call('DEL', concert_key)
  return {'cold'}
end
if session ~= '' then
  local scores = redis.call('ZMSCORE', revoked_key, session, 'whole:' .. known[3])
  if scores[1] then return {'signed_out'} end
  if not scores[2] then return lost() end
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- A concert that has begun is closed, whatever its operators last said.
local state = tonumber(known[2]) > now and known[1] or 'closed'
local numbers_end = tonumber(known[4])
local function concert(name) return tonumber(redis.call('HGET', concert_key, name)) end
local function entries(by) if by ~= 0 then redis.call('HINCRBY', concert_key, 'entries', by) end end
