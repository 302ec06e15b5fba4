-- name: event_retries_insert
-- One that is there already stays as it is: it arrived again while it waited.
INSERT INTO event_retry (consumer_group, event_id, aggregatetype, aggregateid, type, payload, error, attempts,
                         created_at, next_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON DUPLICATE KEY UPDATE retry_id = retry_id;

-- name: event_retries_due
-- The first of each aggregate alone, so that later ones do not overtake it. The index is named as in outbox_unsent.
SELECT event_id, aggregatetype, aggregateid, type, payload, attempts, created_at, next_at
FROM event_retry AS due
WHERE consumer_group = ? AND next_at <= ?
  AND NOT EXISTS (
    SELECT 1 FROM event_retry AS earlier FORCE INDEX (event_retry_aggregate)
    WHERE earlier.consumer_group = due.consumer_group
      AND earlier.aggregateid = due.aggregateid
      AND earlier.aggregatetype = due.aggregatetype
      AND earlier.retry_id < due.retry_id)
ORDER BY next_at
LIMIT ?;

-- name: event_retries_claim
-- Changes a row for the one who is first; the try is counted before it is made, so that a crash is a try, too.
UPDATE event_retry SET next_at = ?, attempts = attempts + 1
WHERE event_id = ? AND consumer_group = ? AND next_at = ?;

-- name: event_retries_postpone
UPDATE event_retry SET next_at = ?, attempts = ?, error = ? WHERE event_id = ? AND consumer_group = ?;

-- name: event_retries_delete
DELETE FROM event_retry WHERE event_id = ? AND consumer_group = ?;

-- name: event_retries_count
SELECT COUNT(*) FROM event_retry;
