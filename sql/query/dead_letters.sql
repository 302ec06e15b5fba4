-- name: dead_letters_insert
-- One that was replayed and failed again is dead anew.
INSERT INTO dead_letter (consumer_group, event_id, aggregatetype, aggregateid, type, payload, error, attempts,
                         created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON DUPLICATE KEY UPDATE error = VALUES(error), attempts = VALUES(attempts), created_at = VALUES(created_at),
                        replayed_at = NULL;

-- name: dead_letters_list
SELECT event_id, aggregatetype, aggregateid, type, payload, dead_letter_id, consumer_group, error, attempts, created_at,
       replayed_at
FROM dead_letter
WHERE dead_letter_id < ?
ORDER BY dead_letter_id DESC
LIMIT ?;

-- name: dead_letters_find
SELECT event_id, aggregatetype, aggregateid, type, payload, dead_letter_id, consumer_group, error, attempts, created_at,
       replayed_at
FROM dead_letter
WHERE dead_letter_id = ?;

-- name: dead_letters_read
-- Locks it: two operators may replay it at the same moment.
SELECT event_id, aggregatetype, aggregateid, type, payload, dead_letter_id, consumer_group, error, attempts, created_at,
       replayed_at
FROM dead_letter
WHERE dead_letter_id = ?
FOR UPDATE;

-- name: dead_letters_mark_replayed
UPDATE dead_letter SET replayed_at = ? WHERE dead_letter_id = ?;
