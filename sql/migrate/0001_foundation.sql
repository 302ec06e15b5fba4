-- What must never be wrong: accounts and their points, concerts, reservations, payments, events.
-- Runs on MariaDB 10.6 and MySQL 8 or later. Times are UTC. A statement ends with a semicolon at the end of a line
-- and can be run again: a migration that was interrupted is run from its beginning.

CREATE TABLE IF NOT EXISTS account (
    account_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    email VARCHAR(254) NOT NULL,
    name VARCHAR(100) NOT NULL,
    password_hash VARCHAR(128) NOT NULL,
    role VARCHAR(16) NOT NULL DEFAULT 'fan',
    points BIGINT NOT NULL DEFAULT 0,
    created_at DATETIME(3) NOT NULL,
    UNIQUE KEY account_email (email),
    CONSTRAINT account_points_not_negative CHECK (points >= 0),
    CONSTRAINT account_role_known CHECK (role IN ('fan', 'operator'))
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Signed out before their end. A token that is not here and not past its end is good.
CREATE TABLE IF NOT EXISTS revoked_session (
    session_id BINARY(16) NOT NULL PRIMARY KEY,
    account_id BIGINT UNSIGNED NOT NULL,
    ends_at DATETIME(3) NOT NULL,
    KEY revoked_session_ends_at (ends_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Seats are numbered 1… through the sections in their order and, within a section, through its rows.
CREATE TABLE IF NOT EXISTS concert (
    concert_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    title VARCHAR(200) NOT NULL,
    venue VARCHAR(200) NOT NULL,
    time_zone VARCHAR(64) NOT NULL,
    starts_at DATETIME(3) NOT NULL,
    venue_date CHAR(8) NOT NULL,
    opens_at DATETIME(3) NULL,
    cancel_until DATETIME(3) NULL,
    state VARCHAR(16) NOT NULL DEFAULT 'open',
    capacity INT UNSIGNED NOT NULL,
    rate_per_minute INT UNSIGNED NULL,
    active_ttl_s INT UNSIGNED NOT NULL,
    admit_ttl_s INT UNSIGNED NOT NULL,
    hold_ttl_s INT UNSIGNED NOT NULL,
    seats_per_fan INT UNSIGNED NOT NULL,
    rejoin VARCHAR(16) NOT NULL,
    queue_floor BIGINT UNSIGNED NOT NULL DEFAULT 0,
    seats_total INT UNSIGNED NOT NULL,
    created_at DATETIME(3) NOT NULL,
    KEY concert_starts_at (starts_at),
    CONSTRAINT concert_state_known CHECK (state IN ('open', 'paused', 'draining', 'closed')),
    CONSTRAINT concert_rejoin_known CHECK (rejoin IN ('keep', 'refresh'))
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS grade (
    concert_id BIGINT UNSIGNED NOT NULL,
    position INT UNSIGNED NOT NULL,
    grade VARCHAR(32) NOT NULL,
    price BIGINT NOT NULL,
    PRIMARY KEY (concert_id, position),
    UNIQUE KEY grade_name (concert_id, grade),
    CONSTRAINT grade_price_not_negative CHECK (price >= 0)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS section (
    concert_id BIGINT UNSIGNED NOT NULL,
    position INT UNSIGNED NOT NULL,
    section VARCHAR(32) NOT NULL,
    grade VARCHAR(32) NOT NULL,
    row_count INT UNSIGNED NOT NULL,
    seats_per_row INT UNSIGNED NOT NULL,
    PRIMARY KEY (concert_id, position),
    UNIQUE KEY section_name (concert_id, section)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS payment (
    payment_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    account_id BIGINT UNSIGNED NOT NULL,
    concert_id BIGINT UNSIGNED NOT NULL,
    amount BIGINT NOT NULL,
    paid_at DATETIME(3) NOT NULL,
    KEY payment_account (account_id),
    CONSTRAINT payment_amount_not_negative CHECK (amount >= 0)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- taken is 1 while the seat is sold and NULL once cancelled, so the unique key lets a number be sold once at a time.
CREATE TABLE IF NOT EXISTS reservation (
    reservation_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    reservation_number VARCHAR(48) NOT NULL,
    taken TINYINT NULL DEFAULT 1,
    account_id BIGINT UNSIGNED NOT NULL,
    concert_id BIGINT UNSIGNED NOT NULL,
    seat INT UNSIGNED NOT NULL,
    price BIGINT NOT NULL,
    payment_id BIGINT UNSIGNED NOT NULL,
    paid_at DATETIME(3) NOT NULL,
    cancelled_at DATETIME(3) NULL,
    UNIQUE KEY reservation_sold_once (reservation_number, taken),
    KEY reservation_account (account_id, reservation_id),
    KEY reservation_concert (concert_id, taken, seat),
    KEY reservation_payment (payment_id),
    CONSTRAINT reservation_taken_or_cancelled CHECK (
        (taken = 1 AND cancelled_at IS NULL) OR (taken IS NULL AND cancelled_at IS NOT NULL)
    )
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- The ledger: rows are only added. An account's points are the sum of its entries at every moment.
CREATE TABLE IF NOT EXISTS point_entry (
    entry_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    account_id BIGINT UNSIGNED NOT NULL,
    delta BIGINT NOT NULL,
    reason VARCHAR(16) NOT NULL,
    reference VARCHAR(64) NOT NULL,
    balance_after BIGINT NOT NULL,
    created_at DATETIME(3) NOT NULL,
    KEY point_entry_account (account_id, entry_id),
    CONSTRAINT point_entry_reason_known CHECK (reason IN ('opening', 'charge', 'payment', 'refund')),
    CONSTRAINT point_entry_balance_not_negative CHECK (balance_after >= 0)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Written in the transaction it answers for: a key is either absent or finished.
CREATE TABLE IF NOT EXISTS idempotency (
    account_id BIGINT UNSIGNED NOT NULL,
    idempotency_key VARBINARY(255) NOT NULL,
    fingerprint BINARY(32) NOT NULL,
    answer MEDIUMTEXT NULL,
    created_at DATETIME(3) NOT NULL,
    PRIMARY KEY (account_id, idempotency_key),
    KEY idempotency_created_at (created_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Debezium's outbox shape (id, aggregatetype, aggregateid, type, payload) and what the relay needs.
CREATE TABLE IF NOT EXISTS outbox (
    position BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    id CHAR(36) NOT NULL,
    aggregatetype VARCHAR(32) NOT NULL,
    aggregateid VARCHAR(64) NOT NULL,
    type VARCHAR(64) NOT NULL,
    payload MEDIUMTEXT NOT NULL,
    created_at DATETIME(3) NOT NULL,
    sent_at DATETIME(3) NULL,
    UNIQUE KEY outbox_id (id),
    KEY outbox_sent_at (sent_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- One row for each group's effect of each event, written with the effect.
CREATE TABLE IF NOT EXISTS inbox (
    consumer_group VARCHAR(32) NOT NULL,
    event_id CHAR(36) NOT NULL,
    done_at DATETIME(3) NOT NULL,
    PRIMARY KEY (event_id, consumer_group),
    KEY inbox_done_at (done_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Derived from events by the group payment-count.
CREATE TABLE IF NOT EXISTS concert_count (
    concert_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    sold BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS dead_letter (
    dead_letter_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    consumer_group VARCHAR(32) NOT NULL,
    event_id CHAR(36) NOT NULL,
    aggregatetype VARCHAR(32) NOT NULL,
    aggregateid VARCHAR(64) NOT NULL,
    type VARCHAR(64) NOT NULL,
    payload MEDIUMTEXT NOT NULL,
    error VARCHAR(500) NOT NULL,
    attempts INT UNSIGNED NOT NULL,
    created_at DATETIME(3) NOT NULL,
    replayed_at DATETIME(3) NULL,
    UNIQUE KEY dead_letter_event (consumer_group, event_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
