-- The ledger: rows are only added.

-- name: points_ledger_insert
INSERT INTO point_entry (account_id, delta, reason, reference, balance_after, created_at) VALUES (?, ?, ?, ?, ?, ?);

-- name: points_ledger_insert_after_change
-- Right behind a change of the account's points, which left the balance.
INSERT INTO point_entry (account_id, delta, reason, reference, balance_after, created_at)
VALUES (?, ?, ?, ?, LAST_INSERT_ID(), ?);

-- name: points_ledger_list
SELECT entry_id, delta, reason, reference, balance_after, created_at FROM point_entry
WHERE account_id = ? AND entry_id < ? ORDER BY entry_id DESC LIMIT ?;
