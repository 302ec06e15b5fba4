-- Paid seats.

-- name: reservations_insert
-- The unique key says whether it is already sold.
INSERT INTO reservation (reservation_number, account_id, concert_id, seat, price, payment_id, paid_at)
VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: reservations_cancel
-- Changes one row, or none when it was cancelled already, or used at the door.
UPDATE reservation SET taken = NULL, cancelled_at = ?
WHERE reservation_id = ? AND account_id = ? AND taken = 1 AND used_at IS NULL;

-- name: reservations_use
-- Changes one row, or none when it was used or cancelled before.
UPDATE reservation SET used_at = ? WHERE reservation_id = ? AND taken = 1 AND used_at IS NULL;

-- name: reservations_read
SELECT reservation_id, reservation_number, concert_id, seat, price, payment_id, paid_at, cancelled_at, used_at,
    account_id
FROM reservation WHERE reservation_id = ?;

-- name: reservations_find_anybodys
-- The last one of this number, whoever made it.
SELECT reservation_id, reservation_number, concert_id, seat, price, payment_id, paid_at, cancelled_at, used_at,
    account_id
FROM reservation WHERE reservation_number = ? ORDER BY reservation_id DESC LIMIT 1;

-- name: reservations_find
-- The fan's last one of this number: the same seat may have been cancelled and paid for again.
SELECT reservation_id, reservation_number, concert_id, seat, price, payment_id, paid_at, cancelled_at, used_at,
    account_id
FROM reservation WHERE reservation_number = ? AND account_id = ? ORDER BY reservation_id DESC LIMIT 1;

-- name: reservations_list
SELECT reservation_id, reservation_number, concert_id, seat, price, payment_id, paid_at, cancelled_at, used_at,
    account_id
FROM reservation WHERE account_id = ? AND reservation_id < ? ORDER BY reservation_id DESC LIMIT ?;

-- name: reservations_sold
-- Which of these seats are sold.
SELECT seat FROM reservation WHERE concert_id = ? AND taken = 1 AND seat IN (?, ?, ?, ?, ?, ?, ?, ?) ORDER BY seat;
