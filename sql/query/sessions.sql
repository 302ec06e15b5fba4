-- Sessions that were signed out before their end.

-- name: sessions_insert_revoked
INSERT INTO revoked_session (session_id, account_id, ends_at) VALUES (?, ?, ?)
ON DUPLICATE KEY UPDATE ends_at = VALUES(ends_at);

-- name: sessions_revoked
SELECT session_id, ends_at FROM revoked_session WHERE ends_at > ?;
