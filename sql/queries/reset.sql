-- Forgotten passwords: what was asked for, and the links that were mailed.

-- name: reset_ask_add
-- roles: web
SELECT password_reset_ask($1::text, $2::text, $3::text);

-- name: reset_ask_list
-- roles: send
-- Taken for a minute, so that no other node mails the same.
WITH taken AS (
  UPDATE password_reset_ask a SET taken_at = now()
  WHERE a.ask_id IN (SELECT p.ask_id FROM password_reset_ask p
                     WHERE p.taken_at IS NULL OR p.taken_at < now() - interval '1 minute'
                     ORDER BY p.ask_id LIMIT $1::bigint FOR UPDATE SKIP LOCKED)
  RETURNING a.ask_id, a.login, a.address, a.language
)
SELECT ask_id, login, address, language FROM taken ORDER BY ask_id;

-- name: reset_owner
-- roles: send
SELECT account_id, mailbox_id, tenant_id, login, contact, language, links
FROM password_reset_owner($1::text, $2::text, $3::text);

-- name: reset_ask_drop
-- roles: send
DELETE FROM password_reset_ask WHERE ask_id = $1::bigint;

-- name: reset_make
-- roles: send
-- The ask becomes a link, committed with the mail that has it.
WITH ask AS (
  DELETE FROM password_reset_ask WHERE ask_id = $1::bigint RETURNING address
), made AS (
  INSERT INTO password_reset (hash, account_id, mailbox_id)
    SELECT $2::bytea, nullif($3::bigint, 0), nullif($4::bigint, 0) FROM ask
)
INSERT INTO audit (account_id, actor, source, address, action, object)
  SELECT $5::bigint, 'system', 'panel', address, 'password.reset_mail', $6::text FROM ask;

-- name: reset_find
-- roles: web
SELECT account_id, mailbox_id, tenant_id, login, role FROM password_reset_find($1::bytea);

-- name: reset_take
-- roles: web
-- One of two that use it at the same time.
UPDATE password_reset SET used_at = now()
WHERE hash = $1::bytea AND used_at IS NULL AND created_at > now() - interval '1 hour';

-- name: reset_collect
-- roles: send
WITH asks AS (DELETE FROM password_reset_ask WHERE at < now() - interval '1 hour')
DELETE FROM password_reset WHERE created_at < now() - interval '1 day';

-- name: recovery_get
-- roles: web
SELECT recovery FROM mailbox WHERE mailbox_id = $1::bigint AND deleted_at IS NULL;

-- name: recovery_set
-- roles: web
UPDATE mailbox SET recovery = $2::text WHERE mailbox_id = $1::bigint AND deleted_at IS NULL;
