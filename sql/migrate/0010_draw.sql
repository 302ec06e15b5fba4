-- The draw of those who came before the opening. The seed is secret until drawn_at, its commitment never is.

CREATE TABLE draw (
    concert_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    seed BINARY(32) NOT NULL,
    commitment BINARY(32) NOT NULL,
    created_at DATETIME(3) NOT NULL,
    last_entry BIGINT UNSIGNED NULL,
    entrants BIGINT UNSIGNED NULL,
    list_hash BINARY(32) NULL,
    list MEDIUMBLOB NULL,
    drawn_at DATETIME(3) NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
