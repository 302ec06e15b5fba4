-- People and their points.

-- name: accounts_insert
INSERT INTO account (email, name, password_hash, role, points, created_at) VALUES (?, ?, ?, ?, ?, ?);

-- name: accounts_read
SELECT account_id, email, name, password_hash, role, points FROM account WHERE account_id = ?;

-- name: accounts_find
SELECT account_id, email, name, password_hash, role, points FROM account WHERE email = ?;

-- The next two leave the new balance in LAST_INSERT_ID, which comes back with the answer, and which the
-- statement behind them may use: no further round trip asks for it.

-- name: accounts_debit
-- Changes one row, or none when the points do not suffice.
UPDATE account SET points = LAST_INSERT_ID(points - ?) WHERE account_id = ? AND points >= ?;

-- name: accounts_credit
UPDATE account SET points = LAST_INSERT_ID(points + ?) WHERE account_id = ?;
