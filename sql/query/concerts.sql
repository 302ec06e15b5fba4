-- name: concerts_insert
INSERT INTO concert (title, venue, time_zone, starts_at, venue_date, opens_at, cancel_until, capacity, rate_per_minute,
    active_ttl_s, admit_ttl_s, hold_ttl_s, seats_per_fan, rejoin, seats_total, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: grades_insert
INSERT INTO grade (concert_id, position, grade, price) VALUES (?, ?, ?, ?);

-- name: sections_insert
INSERT INTO section (concert_id, position, section, grade, row_count, seats_per_row) VALUES (?, ?, ?, ?, ?, ?);

-- name: concerts_plan
SELECT title, venue, time_zone, venue_date, starts_at, cancel_until, seats_total, created_at
FROM concert WHERE concert_id = ?;

-- name: grades_of_concert
SELECT grade, price FROM grade WHERE concert_id = ? ORDER BY position;

-- name: sections_of_concert
SELECT s.section, g.position, s.row_count, s.seats_per_row
FROM section s JOIN grade g ON g.concert_id = s.concert_id AND g.grade = s.grade
WHERE s.concert_id = ? ORDER BY s.position;

-- name: concerts_policy
SELECT state, opens_at, capacity, rate_per_minute, active_ttl_s, admit_ttl_s, hold_ttl_s, seats_per_fan, rejoin,
    COALESCE((SELECT sold FROM concert_count n WHERE n.concert_id = concert.concert_id), 0), revision
FROM concert WHERE concert_id = ?;

-- name: concerts_list
SELECT concert_id FROM concert WHERE concert_id < ? ORDER BY concert_id DESC LIMIT ?;

-- name: concerts_running
-- A day after its start nobody queues any more; a closed one still gives seats back and may be opened again.
SELECT concert_id FROM concert WHERE starts_at > ? ORDER BY concert_id;

-- name: concerts_set_policy
-- Each part has a flag before it, so that two operators who change different parts do not undo each other.
UPDATE concert SET opens_at = IF(?, ?, opens_at), capacity = IF(?, ?, capacity),
    rate_per_minute = IF(?, ?, rate_per_minute), active_ttl_s = IF(?, ?, active_ttl_s),
    admit_ttl_s = IF(?, ?, admit_ttl_s), hold_ttl_s = IF(?, ?, hold_ttl_s),
    seats_per_fan = IF(?, ?, seats_per_fan), rejoin = IF(?, ?, rejoin), revision = revision + 1
WHERE concert_id = ?;

-- name: concerts_set_state
UPDATE concert SET state = ?, revision = revision + 1 WHERE concert_id = ?;

-- name: concerts_reserve_numbers
-- The new end of the block comes back as the inserted id.
UPDATE concert SET queue_floor = LAST_INSERT_ID(queue_floor + ?) WHERE concert_id = ?;

-- name: concerts_sold_seats
SELECT seat FROM reservation WHERE concert_id = ? AND taken = 1 ORDER BY seat;

-- name: concerts_highest
SELECT CAST(COALESCE(MAX(concert_id), 0) AS SIGNED) FROM concert;
