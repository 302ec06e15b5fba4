-- name: concert_counts_add
INSERT INTO concert_count (concert_id, sold) VALUES (?, ?) ON DUPLICATE KEY UPDATE sold = sold + ?;
