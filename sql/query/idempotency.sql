-- What was answered to a request that may be sent again.

-- name: idempotency_insert
INSERT INTO idempotency (account_id, idempotency_key, fingerprint, answer, created_at) VALUES (?, ?, ?, ?, ?);

-- name: idempotency_find
-- A locking read waits for a transaction that is writing this key, so its answer is final.
SELECT fingerprint, answer FROM idempotency WHERE account_id = ? AND idempotency_key = ? FOR UPDATE;
