-- Events whose effect failed in one group and is tried again later, so that they are in nobody's way meanwhile.
-- Later events of the same aggregate line up behind them; retry_id is their order.

CREATE TABLE event_retry (
    retry_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    consumer_group VARCHAR(32) NOT NULL,
    event_id CHAR(36) NOT NULL,
    aggregatetype VARCHAR(32) NOT NULL,
    aggregateid VARCHAR(64) NOT NULL,
    type VARCHAR(64) NOT NULL,
    payload MEDIUMTEXT NOT NULL,
    error VARCHAR(500) NOT NULL,
    attempts INT UNSIGNED NOT NULL,
    created_at DATETIME(3) NOT NULL,
    next_at DATETIME(3) NOT NULL,
    UNIQUE KEY event_retry_event (event_id, consumer_group),
    KEY event_retry_next (consumer_group, next_at),
    KEY event_retry_aggregate (consumer_group, aggregateid, aggregatetype)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- An event waits while an earlier one of its aggregate is still in the outbox.
ALTER TABLE outbox ADD KEY outbox_aggregate (aggregateid, aggregatetype);
