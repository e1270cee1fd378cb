-- What the database layer itself says: sessions, transactions, migrations.

-- name: db_session
-- Durable commits whatever the server's default; a lost worker does not keep locks for ever. All statements are static and
-- prepared: they are planned once (planning a batch by its array lengths would cost more than running it), and must not be planned for how small a table is
-- at that moment. Mail that is read lies in memory or on a disk without heads: at 4 PostgreSQL collects and sorts a folder's rows
-- instead of walking along the index, at twice the price.
SELECT set_config('synchronous_commit', 'on', false) FROM (VALUES (1)) AS once
WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write')
UNION ALL SELECT set_config('idle_in_transaction_session_timeout', '60s', false)
UNION ALL SELECT set_config('lock_timeout', '20s', false)
UNION ALL SELECT set_config('jit', 'off', false)
UNION ALL SELECT set_config('plan_cache_mode', 'force_generic_plan', false)
UNION ALL SELECT set_config('enable_seqscan', 'off', false)
UNION ALL SELECT set_config('random_page_cost', '1.1', false)
UNION ALL SELECT set_config('TimeZone', 'UTC', false);

-- name: db_statement_timeout
SELECT set_config('statement_timeout', $1, false);

-- name: db_tenant
-- Only for the transaction: a session-level setting would leak to the next request.
SELECT set_config('app.tenant', $1, true);

-- name: tx_begin
BEGIN ISOLATION LEVEL READ COMMITTED;

-- name: tx_commit
COMMIT;

-- name: tx_rollback
ROLLBACK;

-- name: migration_table
CREATE TABLE IF NOT EXISTS schema_migration (
  version    integer PRIMARY KEY,
  name       text NOT NULL,
  sha256     text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);

-- name: migration_table_exists
SELECT to_regclass('schema_migration') IS NOT NULL;

-- name: migration_lock
-- One migrator at a time.
LOCK TABLE schema_migration IN SHARE ROW EXCLUSIVE MODE;

-- name: migration_list
SELECT version, sha256 FROM schema_migration ORDER BY version;

-- name: migration_record
INSERT INTO schema_migration (version, name, sha256) VALUES ($1, $2, $3)
ON CONFLICT (version) DO UPDATE SET name = excluded.name, sha256 = excluded.sha256, applied_at = now();

-- name: migration_missing_roles
SELECT count(*) FROM unnest(ARRAY['mx', 'user', 'web', 'send', 'keys']) AS r
WHERE NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'mailstead_' || r);

-- name: migration_role_passwords
-- $1 is a SCRAM verifier, so the password itself is in no log of the server.
SELECT set_config('mailstead.role_password', $1, true);
