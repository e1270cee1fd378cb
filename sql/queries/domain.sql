-- Mail domains. $1 is the actor's account.

-- name: domain_get
-- roles: web
SELECT d.domain_id, d.account_id, d.name, a.login, d.deleted_at,
  (SELECT count(*) FROM mailbox m WHERE m.domain_id = d.domain_id AND m.deleted_at IS NULL),
  (SELECT count(*) FROM alias l WHERE l.domain_id = d.domain_id),
  (SELECT coalesce(sum(f.size_bytes), 0)::bigint FROM folder f JOIN mailbox m ON m.mailbox_id = f.mailbox_id
   WHERE m.domain_id = d.domain_id AND m.deleted_at IS NULL),
  d.created_at, d.version,
  d.no_login, d.no_send, d.no_receive, d.hold_out, d.suspend_reason, d.suspend_until,
  coalesce(d.suspend_until > now(), true), d.dmarc,
  (SELECT o.name FROM domain o WHERE o.domain_id = d.alias_of),
  (SELECT count(*) FROM domain o WHERE o.alias_of = d.domain_id AND o.deleted_at IS NULL), d.keys_due
FROM domain d JOIN account_tree t ON t.account_id = d.account_id JOIN account a ON a.account_id = d.account_id
WHERE t.ancestor_id = $1::bigint AND d.domain_id = CASE WHEN NOT $3::boolean THEN
    (SELECT x.domain_id FROM domain x WHERE x.name = $2::text AND x.deleted_at IS NULL)
  ELSE
    (SELECT x.domain_id FROM domain x WHERE x.name = $2::text AND x.deleted_at IS NOT NULL ORDER BY x.deleted_at DESC LIMIT 1)
  END;

-- name: domain_list
-- roles: web
SELECT d.domain_id, d.account_id, d.name, a.login, d.deleted_at,
  (SELECT count(*) FROM mailbox m WHERE m.domain_id = d.domain_id AND m.deleted_at IS NULL),
  (SELECT count(*) FROM alias l WHERE l.domain_id = d.domain_id),
  (SELECT coalesce(sum(f.size_bytes), 0)::bigint FROM folder f JOIN mailbox m ON m.mailbox_id = f.mailbox_id
   WHERE m.domain_id = d.domain_id AND m.deleted_at IS NULL),
  d.created_at, d.version,
  d.no_login, d.no_send, d.no_receive, d.hold_out, d.suspend_reason, d.suspend_until,
  coalesce(d.suspend_until > now(), true), d.dmarc,
  (SELECT o.name FROM domain o WHERE o.domain_id = d.alias_of),
  (SELECT count(*) FROM domain o WHERE o.alias_of = d.domain_id AND o.deleted_at IS NULL), d.keys_due, p.number, p.key, p.key_2
FROM list_domains($1::bigint, $2::text, $3::text, $4::text[], $5::text, $6::boolean, $7::boolean, $8::bigint, $9::text, $10::bigint) WITH ORDINALITY AS p (id, number, key, key_2, n)
  JOIN domain d ON d.domain_id = p.id JOIN account a ON a.account_id = d.account_id
ORDER BY p.n;

-- name: domain_insert
-- roles: web
INSERT INTO domain (account_id, name, alias_of, keys_due) VALUES ($1::bigint, $2::text, nullif($3::bigint, 0), $4::boolean)
RETURNING domain_id, created_at;

-- name: domain_update
-- roles: web
UPDATE domain SET account_id = $3::bigint, no_login = $4::boolean, no_send = $5::boolean,
  no_receive = $6::boolean, hold_out = $7::boolean, suspend_reason = $8::text, suspend_until = $9::timestamptz, dmarc = $10::text,
  suspended_at = CASE WHEN $4::boolean AND $5::boolean AND $6::boolean THEN coalesce(suspended_at, now()) END,
  version = version + 1
WHERE domain_id = $1::bigint AND deleted_at IS NULL AND ($2::bigint = 0 OR version = $2::bigint) RETURNING version;

-- name: domain_delete
-- roles: web
UPDATE domain SET deleted_at = now(), version = version + 1
WHERE domain_id = $1::bigint AND deleted_at IS NULL AND ($2::bigint = 0 OR version = $2::bigint);

-- name: domain_restore
-- roles: web
UPDATE domain SET deleted_at = NULL, version = version + 1 WHERE domain_id = $1::bigint AND deleted_at IS NOT NULL
  AND EXISTS (SELECT 1 FROM account a WHERE a.account_id = domain.account_id AND a.deleted_at IS NULL)
RETURNING version;

-- name: domain_keys_due
-- roles: web
SELECT domain_id, name FROM domain WHERE keys_due ORDER BY domain_id LIMIT 1;

-- name: domain_keys_made
-- roles: web
UPDATE domain SET keys_due = false WHERE domain_id = $1::bigint AND keys_due;
