-- Counts an operator's changes of a concert, so that whoever read an older one never undoes a newer one in Redis. Not
-- every server knows ADD COLUMN IF NOT EXISTS, so whether it is there already is asked first.

SET @add_revision = IF(
    EXISTS (SELECT 1 FROM information_schema.columns
            WHERE table_schema = DATABASE() AND table_name = 'concert' AND column_name = 'revision'),
    'DO 0', 'ALTER TABLE concert ADD COLUMN revision BIGINT UNSIGNED NOT NULL DEFAULT 0');

PREPARE add_revision FROM @add_revision;

EXECUTE add_revision;

DEALLOCATE PREPARE add_revision;
