-- What must be true at every moment, also while sales run: a statement returns rows only when its
-- promise is broken, and the rows say where. Each looks at one snapshot, so none needs the sales to stop.
-- Where two kinds of rows must match, both sides are put into one list with opposite signs and summed:
-- what is missing on either side is left over, and no join has to find it. SQL_BIG_RESULT has such a list
-- sorted rather than hashed: twice as fast with a million rows.

-- promise: balance_equals_ledger
SELECT account.account_id, account.points, COALESCE(ledger.points, 0) AS ledger
FROM account
LEFT JOIN (SELECT account_id, SUM(delta) AS points FROM point_entry GROUP BY account_id) AS ledger
    ON ledger.account_id = account.account_id
WHERE account.points <> COALESCE(ledger.points, 0);

-- promise: ledger_has_an_account
SELECT ledger.account_id
FROM (SELECT DISTINCT account_id FROM point_entry) AS ledger
LEFT JOIN account ON account.account_id = ledger.account_id
WHERE account.account_id IS NULL;

-- promise: balance_after_follows_from_the_entry_before
SELECT account_id, entry_id, balance_before, delta, balance_after
FROM (
    SELECT account_id, entry_id, delta, balance_after,
           COALESCE(LAG(balance_after) OVER (PARTITION BY account_id ORDER BY entry_id), 0) AS balance_before
    FROM point_entry
) AS chain
WHERE balance_after <> balance_before + delta;

-- promise: nothing_is_negative
SELECT 'account' AS what, account_id AS id, points AS amount FROM account WHERE points < 0
UNION ALL SELECT 'point_entry', entry_id, balance_after FROM point_entry WHERE balance_after < 0
UNION ALL SELECT 'payment', payment_id, amount FROM payment WHERE amount < 0
UNION ALL SELECT 'reservation', reservation_id, price FROM reservation WHERE price < 0;

-- promise: ledger_signs_fit_their_reasons
SELECT entry_id, reason, delta FROM point_entry
WHERE (reason = 'payment' AND delta > 0) OR (reason <> 'payment' AND delta < 0);

-- promise: seat_sold_once
SELECT concert_id, seat, COUNT(*) AS times FROM reservation WHERE taken = 1
GROUP BY concert_id, seat HAVING COUNT(*) > 1;

-- promise: reservation_number_names_its_seat
SELECT reservation.reservation_id, reservation.reservation_number
FROM reservation
LEFT JOIN concert ON concert.concert_id = reservation.concert_id
WHERE concert.concert_id IS NULL
    OR reservation.seat < 1 OR reservation.seat > concert.seats_total
    OR reservation.reservation_number <> CONCAT(concert.venue_date, '.', concert.concert_id, '.', reservation.seat);

-- promise: reservation_belongs_to_its_payment
SELECT reservation.reservation_id, reservation.payment_id
FROM reservation
LEFT JOIN payment ON payment.payment_id = reservation.payment_id
WHERE payment.payment_id IS NULL
    OR payment.account_id <> reservation.account_id
    OR payment.concert_id <> reservation.concert_id
    OR payment.paid_at <> reservation.paid_at;

-- promise: payment_is_the_sum_of_its_seats
SELECT SQL_BIG_RESULT payment_id, SUM(seats) AS seats, SUM(points) AS points
FROM (
    SELECT payment_id, 0 AS seats, amount AS points FROM payment
    UNION ALL SELECT payment_id, 1, -price FROM reservation
) AS sides
GROUP BY payment_id HAVING SUM(points) <> 0 OR SUM(seats) = 0;

-- promise: payment_has_one_entry
SELECT SQL_BIG_RESULT account_id, payment_id, SUM(entries) AS entries, SUM(points) AS points
FROM (
    SELECT account_id, payment_id, -1 AS entries, amount AS points FROM payment
    UNION ALL SELECT account_id, CAST(reference AS UNSIGNED), 1, delta FROM point_entry WHERE reason = 'payment'
) AS sides
GROUP BY account_id, payment_id HAVING SUM(entries) <> 0 OR SUM(points) <> 0;

-- promise: cancellation_has_one_refund
SELECT SQL_BIG_RESULT account_id, reference, SUM(entries) AS entries, SUM(points) AS points
FROM (
    SELECT account_id, reservation_number AS reference, -1 AS entries, -price AS points
    FROM reservation WHERE cancelled_at IS NOT NULL
    UNION ALL SELECT account_id, reference, 1, delta FROM point_entry WHERE reason = 'refund'
) AS sides
GROUP BY account_id, reference HAVING SUM(entries) <> 0 OR SUM(points) <> 0;

-- promise: cancelled_after_it_was_paid
SELECT reservation_id, paid_at, cancelled_at, taken FROM reservation
WHERE cancelled_at < paid_at OR (taken IS NULL) <> (cancelled_at IS NOT NULL);

-- promise: whoever_is_inside_has_paid
SELECT reservation_id, cancelled_at, used_at FROM reservation WHERE used_at IS NOT NULL AND taken IS NULL;

-- promise: key_has_its_answer
SELECT account_id, idempotency_key FROM idempotency WHERE answer IS NULL OR answer = '';

-- promise: event_tells_of_a_payment
SELECT outbox.id, outbox.aggregateid
FROM outbox
LEFT JOIN payment ON payment.payment_id = CAST(outbox.aggregateid AS UNSIGNED)
WHERE outbox.aggregatetype = 'payment' AND payment.payment_id IS NULL;

-- promise: event_is_told_once
-- One event for a payment, and never more cancellations than there are cancelled seats.
SELECT told.aggregateid, told.type, told.times
FROM (
    SELECT aggregateid, type, COUNT(*) AS times FROM outbox WHERE aggregatetype = 'payment' GROUP BY aggregateid, type
) AS told
WHERE told.times > CASE told.type
    WHEN 'payment.completed' THEN 1
    ELSE (SELECT COUNT(*) FROM reservation
          WHERE reservation.payment_id = CAST(told.aggregateid AS UNSIGNED) AND reservation.cancelled_at IS NOT NULL)
    END;

-- promise: sold_seats_are_counted_or_will_be
-- Every payment and every cancellation has had its event counted, or has it waiting: in the outbox, to
-- be tried again, or dead until an operator replays it. A lost event is a seat too many or too few here.
-- Where rows leave the outbox before the groups have the events, which is so with Kafka, the bus alone knows of the
-- last ones: SET @on_the_bus_s = 3600 looks past what happened within the last hour. frontrowctl does.
WITH waiting AS (
    SELECT told.type, CAST(told.aggregateid AS UNSIGNED) AS payment_id
    FROM (
        SELECT id, type, aggregateid FROM outbox WHERE aggregatetype = 'payment'
        UNION SELECT event_id, type, aggregateid FROM event_retry WHERE consumer_group = 'payment-count'
    ) AS told
    LEFT JOIN inbox ON inbox.event_id = told.id AND inbox.consumer_group = 'payment-count'
    WHERE inbox.event_id IS NULL
    UNION ALL SELECT type, CAST(aggregateid AS UNSIGNED) FROM dead_letter
    WHERE consumer_group = 'payment-count' AND replayed_at IS NULL
)
SELECT concert_id, SUM(seats) AS too_many
FROM (
    SELECT concert_id, sold AS seats, 0 AS just_paid, 0 AS just_cancelled FROM concert_count
    UNION ALL SELECT concert_id, -COUNT(*), 0, 0 FROM reservation WHERE taken = 1 GROUP BY concert_id
    UNION ALL SELECT reservation.concert_id, 1, 0, 0
    FROM waiting JOIN reservation ON reservation.payment_id = waiting.payment_id
    WHERE waiting.type = 'payment.completed'
    UNION ALL SELECT payment.concert_id, -1, 0, 0
    FROM waiting JOIN payment ON payment.payment_id = waiting.payment_id
    WHERE waiting.type = 'reservation.cancelled'
    UNION ALL SELECT concert_id, 0, paid_at > UTC_TIMESTAMP(3) - INTERVAL @on_the_bus_s SECOND,
                     COALESCE(cancelled_at > UTC_TIMESTAMP(3) - INTERVAL @on_the_bus_s SECOND, 0)
    FROM reservation WHERE @on_the_bus_s > 0
) AS sides
GROUP BY concert_id HAVING SUM(seats) NOT BETWEEN -SUM(just_paid) AND SUM(just_cancelled);

-- promise: each_group_has_what_another_had_an_hour_ago
-- Had, or keeps to try again. The inbox remembers for eight days, and of an event that was dead once and is replayed
-- after that nothing but the replay is left.
WITH all_groups AS (SELECT COUNT(DISTINCT consumer_group) AS number FROM inbox),
had AS (
    SELECT event_id, COUNT(*) AS times, GROUP_CONCAT(consumer_group) AS had_by
    FROM inbox
    GROUP BY event_id
    HAVING MIN(done_at) BETWEEN UTC_TIMESTAMP(3) - INTERVAL 7 DAY AND UTC_TIMESTAMP(3) - INTERVAL 1 HOUR
)
SELECT had.event_id, had.had_by
FROM had JOIN all_groups ON had.times < all_groups.number
WHERE had.event_id NOT IN (SELECT event_id FROM dead_letter)
    AND had.times + (SELECT COUNT(*) FROM event_retry WHERE event_retry.event_id = had.event_id) < all_groups.number
    AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.id = had.event_id);
