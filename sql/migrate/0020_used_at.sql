-- When a ticket was used at a door. One statement decides it, and decides against cancelling, because both change this
-- row. Not every server knows ADD COLUMN IF NOT EXISTS, so whether it is there already is asked first.

SET @add_used_at = IF(
    EXISTS (SELECT 1 FROM information_schema.columns
            WHERE table_schema = DATABASE() AND table_name = 'reservation' AND column_name = 'used_at'),
    'DO 0', 'ALTER TABLE reservation ADD COLUMN used_at DATETIME(3) NULL');

PREPARE add_used_at FROM @add_used_at;

EXECUTE add_used_at;

DEALLOCATE PREPARE add_used_at;
