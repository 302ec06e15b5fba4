-- name: inbox_insert
-- A duplicate says that this group has had the event before.
INSERT INTO inbox (event_id, consumer_group, done_at) VALUES (?, ?, ?);

-- name: inbox_look
-- Which of these events the group has had, and which of these aggregates wait in the group's retries.
SELECT 0, event_id, '' FROM inbox
WHERE consumer_group = ?
  AND event_id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
UNION ALL
SELECT 1, aggregateid, aggregatetype FROM event_retry
WHERE consumer_group = ?
  AND aggregateid IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: inbox_delete
DELETE FROM inbox WHERE event_id = ? AND consumer_group = ?;

-- name: inbox_delete_old
-- As long as an event may be sent again, the memory of having had it stays.
DELETE FROM inbox
WHERE done_at < ? AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.id = inbox.event_id)
ORDER BY done_at
LIMIT ?;
