-- What everybody may know of the draw.
--   KEYS[1]  draw:{c}
--   KEYS[2]  early:{c}
--   returns  {"shown", commitment, seed or "", list hash or "", last entry, entrants, drawn at (ms, 0 before),
--             1 when the opening has passed}
--          | {"unknown"}
-- answer: shown tttnnnn | unknown
-- include: concert
-- include: line
local draw = redis.call('HMGET', KEYS[1], 'commitment', 'seed', 'list_hash', 'last', 'entrants', 'drawn_at_ms')
if not draw[1] then return {'unknown'} end
return {'shown', draw[1], draw[2] or '', draw[3] or '', tonumber(draw[4] or 0),
  tonumber(draw[5] or count_of(KEYS[2])), tonumber(draw[6] or 0),
  concert('opens_at_ms') <= now and 1 or 0}
