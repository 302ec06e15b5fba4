-- name: migrations_applied
SELECT name, checksum FROM migration ORDER BY name;

-- name: migrations_record
INSERT INTO migration (name, checksum, applied_at) VALUES (?, ?, UTC_TIMESTAMP(3));
