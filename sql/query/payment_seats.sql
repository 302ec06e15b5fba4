-- name: payment_seats_taken
-- The seats of a payment that were not cancelled since.
SELECT seat FROM reservation WHERE payment_id = ? AND taken = 1 ORDER BY seat;

-- name: payment_seats_number_taken
SELECT 1 FROM reservation WHERE reservation_number = ? AND taken = 1;
