-- name: dead_letters_insert
-- One that was replayed and failed again is dead anew.
INSERT INTO dead_letter (consumer_group, event_id, aggregatetype, aggregateid, type, payload, error, attempts,
                         created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON DUPLICATE KEY UPDATE error = VALUES(error), attempts = VALUES(attempts), created_at = VALUES(created_at),
                        replayed_at = NULL;
