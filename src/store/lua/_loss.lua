-- After a loss of Redis fans come back with their tickets, in any order. For scripts that have the include "concert".
--   gives back_until(since, patience): until when (ms) some may be on their way; since is when this life began; and
--         all_back_until(since, patience): the same of everybody, who come 5,000 a second, not of the front alone.
-- Before an opening a fan is told to ask again within eleven minutes, or at the opening: when the loss was longer ago
-- than that, nobody is still to come.
local function back_until(since, patience)
  local opens = concert('opens_at_ms')
  if concert('numbers_start') == 0 then return 0 end
  if opens - since < 720000 then since = math.max(since, opens) end
  return since + patience
end
local function all_back_until(since, patience)
  return back_until(since, patience + math.min(240000, concert('numbers_start') / 5))
end
