-- Rows become visible when their transaction commits, which is not the order of their positions. So no statement
-- here asks for positions above one that was seen: rows are found by their state.

-- name: outbox_insert
INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, created_at) VALUES (?, ?, ?, ?, ?, ?);

-- name: outbox_lead
-- 1 when this session is the relay that publishes now; waits for at most the given seconds. The lock goes with the
-- session, so a relay that died leads no more. Names of locks are shared by all databases of a server.
SELECT COALESCE(GET_LOCK(LEFT(CONCAT('frontrow.outbox.', DATABASE()), 64), ?), 0);

-- name: outbox_leads
SELECT IS_USED_LOCK(LEFT(CONCAT('frontrow.outbox.', DATABASE()), 64)) <=> CONNECTION_ID();

-- name: outbox_resign
SELECT RELEASE_LOCK(LEFT(CONCAT('frontrow.outbox.', DATABASE()), 64));

-- name: outbox_unsent
-- Those that no earlier event of their aggregate is still waiting before. The indexes are named, because a server whose
-- statistics are of the empty table that this mostly is looks through all of a backlog for each of its rows.
SELECT position, id, aggregatetype, aggregateid, type, payload, created_at, sent_at
FROM outbox AS waiting FORCE INDEX (outbox_sent_at)
WHERE sent_at IS NULL
  AND NOT EXISTS (
    SELECT 1 FROM outbox AS earlier FORCE INDEX (outbox_aggregate)
    WHERE earlier.aggregateid = waiting.aggregateid
      AND earlier.aggregatetype = waiting.aggregatetype
      AND earlier.position < waiting.position)
ORDER BY position
LIMIT ?;

-- name: outbox_overdue
-- Sent, but not every group has had them since.
SELECT position, id, aggregatetype, aggregateid, type, payload, created_at, sent_at
FROM outbox
WHERE sent_at < ?
ORDER BY sent_at, position
LIMIT ?;

-- name: outbox_mark_sent
UPDATE outbox SET sent_at = ?
WHERE position IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: outbox_mark_all_unsent
UPDATE outbox SET sent_at = NULL WHERE sent_at IS NOT NULL;

-- name: outbox_received
-- Sent, and in the hands of this many groups: done with, or waiting in the group's own retries. Looks at the oldest
-- thousand only, so that a long outbox does not make it slow; what is sent again moves behind.
SELECT position
FROM (SELECT position, id FROM outbox WHERE sent_at IS NOT NULL ORDER BY sent_at, position LIMIT 1000) AS sent
WHERE (SELECT COUNT(*) FROM inbox WHERE inbox.event_id = sent.id)
    + (SELECT COUNT(*) FROM event_retry WHERE event_retry.event_id = sent.id) >= ?;

-- name: outbox_delete
DELETE FROM outbox
WHERE position IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: outbox_waiting
SELECT COUNT(*), (SELECT created_at FROM outbox ORDER BY position LIMIT 1) FROM outbox;

-- name: outbox_list
-- For people to look at; what was sent already waits for its groups.
SELECT position, id, aggregatetype, aggregateid, type, '', created_at, sent_at
FROM outbox
WHERE position > ?
ORDER BY position
LIMIT ?;
