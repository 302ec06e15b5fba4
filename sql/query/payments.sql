-- name: payments_insert
INSERT INTO payment (account_id, concert_id, amount, paid_at) VALUES (?, ?, ?, ?);
