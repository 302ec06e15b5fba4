-- What may be forgotten, a few rows at a time.

-- name: housekeeping_idempotency
DELETE FROM idempotency WHERE created_at < ? ORDER BY created_at LIMIT ?;

-- name: housekeeping_sessions
DELETE FROM revoked_session WHERE ends_at < ? ORDER BY ends_at LIMIT ?;
