-- Sets of people by number, each cut into parts of two million numbers: a hash table that Redis has outgrown goes in
-- one piece, in whatever call happens to move the last out of it, and in parts none is so large that this takes
-- milliseconds (docs/decisions/0019). The first part has the name of the whole. For scripts that have numbers_end.
--   gives part_of(set, number): the key of a part; find_in(set, account): number and part, or nothing; may_have(set);
--         ahead_in(set, part, account): how many stand before; count_of(set); below(set, number): how many have a
--         smaller one; remove_from(set, account): 1 or 0
local LINE_PART = 2097152
local parts = math.floor(numbers_end / LINE_PART)
local function part_key(set, part) return part == 0 and set or set .. ':' .. part end
local function part_of(set, number) return part_key(set, math.min(parts, math.floor(number / LINE_PART))) end
-- Of the sets that mostly are not there, one question instead of one a part.
local function may_have(set)
  if parts == 0 then return true end
  local keys = {}
  for part = 0, parts do keys[part + 1] = part_key(set, part) end
  return redis.call('EXISTS', unpack(keys)) > 0
end
local function find_in(set, account)
  for part = 0, parts do
    local number = redis.call('ZSCORE', part_key(set, part), account)
    if number then return tonumber(number), part end
  end
end
local function count_of(set, before)
  local count = 0
  for part = 0, before or parts do count = count + redis.call('ZCARD', part_key(set, part)) end
  return count
end
local function ahead_in(set, part, account)
  return count_of(set, part - 1) + redis.call('ZRANK', part_key(set, part), account)
end
local function below(set, number)
  local count = 0
  for part = 0, parts do count = count + redis.call('ZCOUNT', part_key(set, part), '-inf', '(' .. number) end
  return count
end
local function remove_from(set, account)
  for part = 0, parts do
    if redis.call('ZREM', part_key(set, part), account) == 1 then return 1 end
  end
  return 0
end
