-- name: draws_insert
-- Changes no row when the concert has its draw already.
INSERT IGNORE INTO draw (concert_id, seed, commitment, created_at) VALUES (?, ?, ?, ?);

-- name: draws_find
SELECT seed, commitment, last_entry, entrants, list_hash, drawn_at FROM draw WHERE concert_id = ?;

-- name: draws_settle
-- The first gate to come decides; the list was frozen before, so another would have written the same.
UPDATE draw SET last_entry = ?, entrants = ?, list_hash = ?, list = ?, drawn_at = ?
WHERE concert_id = ? AND drawn_at IS NULL;

-- name: draws_list
SELECT list FROM draw WHERE concert_id = ? AND drawn_at IS NOT NULL;
