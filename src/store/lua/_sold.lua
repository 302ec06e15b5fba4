-- For scripts that have sold and the include "concert". The bitmap is there as long as the concert is, even when
-- nothing is sold: a missing one would offer every seat again.
if redis.call('EXISTS', sold) == 0 then return lost() end
