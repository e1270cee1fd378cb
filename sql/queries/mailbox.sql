-- Mailboxes. $1 is the actor's account.

-- name: mailbox_get
-- roles: web
SELECT m.mailbox_id, m.domain_id, d.account_id, m.localpart || '@' || d.name, d.name, m.name, m.quota_bytes,
  (SELECT coalesce(sum(f.size_bytes), 0)::bigint FROM folder f WHERE f.mailbox_id = m.mailbox_id),
  (SELECT coalesce(sum(f.messages), 0)::bigint FROM folder f WHERE f.mailbox_id = m.mailbox_id),
  m.created_at, m.version, m.no_services, m.send_per_hour, m.send_per_day, m.deleted_at,
  m.no_login, m.no_send, m.no_receive, m.hold_out, m.suspend_reason, m.suspend_until,
  coalesce(m.suspend_until > now(), true)
FROM domain d JOIN account_tree t ON t.account_id = d.account_id
  CROSS JOIN LATERAL (SELECT CASE WHEN NOT $4::boolean THEN
      (SELECT x.mailbox_id FROM mailbox x
       WHERE x.domain_id = d.domain_id AND x.local_key = normalize(lower($2::text)) AND x.deleted_at IS NULL)
    ELSE
      (SELECT x.mailbox_id FROM mailbox x
       WHERE x.domain_id = d.domain_id AND x.local_key = normalize(lower($2::text)) AND x.deleted_at IS NOT NULL
       ORDER BY x.deleted_at DESC LIMIT 1)
    END AS mailbox_id OFFSET 0) AS one
  JOIN mailbox m ON m.mailbox_id = one.mailbox_id
WHERE t.ancestor_id = $1::bigint AND d.name = $3::text AND d.deleted_at IS NULL;

-- name: mailbox_list
-- roles: web
SELECT m.mailbox_id, m.domain_id, d.account_id, m.localpart || '@' || d.name, d.name, m.name, m.quota_bytes,
  (SELECT coalesce(sum(f.size_bytes), 0)::bigint FROM folder f WHERE f.mailbox_id = m.mailbox_id),
  (SELECT coalesce(sum(f.messages), 0)::bigint FROM folder f WHERE f.mailbox_id = m.mailbox_id),
  m.created_at, m.version, m.no_services, m.send_per_hour, m.send_per_day, m.deleted_at,
  m.no_login, m.no_send, m.no_receive, m.hold_out, m.suspend_reason, m.suspend_until,
  coalesce(m.suspend_until > now(), true), p.number, p.key, p.key_2
FROM list_mailboxes($1::bigint, $2::text, $3::text, $4::text, $5::text[], $6::text, $7::boolean, $8::boolean, $9::bigint, $10::text, $11::text, $12::bigint) WITH ORDINALITY AS p (id, number, key, key_2, n)
  JOIN mailbox m ON m.mailbox_id = p.id JOIN domain d ON d.domain_id = m.domain_id
ORDER BY p.n;

-- name: mailbox_insert
-- roles: web
INSERT INTO mailbox (domain_id, localpart, local_key, name, quota_bytes, no_services, send_per_hour, send_per_day)
VALUES ($1::bigint, normalize($2::text), normalize(lower($3::text)), $4::text, $5::bigint, $6::bigint, $7::bigint, $8::bigint) RETURNING mailbox_id, created_at;

-- name: mailbox_update
-- roles: web
UPDATE mailbox SET name = $3::text, quota_bytes = $4::bigint, no_login = $5::boolean, no_send = $6::boolean,
  no_receive = $7::boolean, hold_out = $8::boolean, suspend_reason = $9::text, suspend_until = $10::timestamptz,
  no_services = $11::bigint, send_per_hour = $12::bigint, send_per_day = $13::bigint, version = version + 1
WHERE mailbox_id = $1::bigint AND deleted_at IS NULL AND ($2::bigint = 0 OR version = $2::bigint) RETURNING version;

-- name: mailbox_delete
-- roles: web
UPDATE mailbox SET deleted_at = now(), version = version + 1
WHERE mailbox_id = $1::bigint AND deleted_at IS NULL AND ($2::bigint = 0 OR version = $2::bigint);

-- name: mailbox_restore
-- roles: web
UPDATE mailbox SET deleted_at = NULL, version = version + 1 WHERE mailbox_id = $1::bigint AND deleted_at IS NOT NULL
RETURNING version;

-- name: app_password_insert
-- roles: web
INSERT INTO credential (mailbox_id, kind, label, hash, scram) VALUES ($1::bigint, 'app_password', $2::text, $3::text, $4::bytea)
RETURNING credential_id, created_at;

-- name: app_password_list
-- roles: web
SELECT credential_id, label, created_at, used_at FROM credential
WHERE mailbox_id = $1::bigint AND kind = 'app_password' ORDER BY credential_id;

-- name: app_password_delete
-- roles: web
DELETE FROM credential WHERE mailbox_id = $1::bigint AND credential_id = $2::bigint AND kind = 'app_password';
