-- Passwords. Only mailstead_keys may read a hash; the panel's role replaces them.

-- name: credential_of_mailbox
-- roles: keys
SELECT credential_id, kind, hash,
  EXISTS (SELECT 1 FROM second_factor f WHERE f.mailbox_id = $1::bigint AND f.confirmed_at IS NOT NULL),
  coalesce(scram, '')
FROM credential WHERE mailbox_id = $1::bigint;

-- name: credential_of_account
-- roles: keys
SELECT credential_id, kind, hash, false, ''::bytea FROM credential WHERE account_id = $1::bigint;

-- name: credential_used
-- roles: keys
UPDATE credential SET used_at = now()
WHERE credential_id = $1 AND (used_at IS NULL OR used_at < now() - interval '1 hour');

-- name: credential_rehash
-- roles: keys
UPDATE credential SET hash = $2 WHERE credential_id = $1 AND hash = $3;

-- name: credential_set_scram
-- roles: keys
UPDATE credential SET scram = $2 WHERE credential_id = $1 AND scram IS NULL;

-- name: credential_drop_password
-- roles: web
DELETE FROM credential
WHERE kind = 'password' AND (mailbox_id = $1::bigint OR account_id = $2::bigint);

-- name: credential_insert
-- roles: web
INSERT INTO credential (mailbox_id, account_id, kind, label, hash, scram)
VALUES ($1::bigint, $2::bigint, $3::text, $4::text, $5::text, $6::bytea) RETURNING credential_id;
