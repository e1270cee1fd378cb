-- Mail domains. $1 is the actor's account.

-- name: domain_get
-- roles: web
SELECT d.domain_id, d.account_id, d.name, a.login, d.suspended_at IS NOT NULL,
  (SELECT count(*) FROM mailbox m WHERE m.domain_id = d.domain_id AND m.deleted_at IS NULL),
  (SELECT count(*) FROM alias l WHERE l.domain_id = d.domain_id),
  (SELECT coalesce(sum(f.size_bytes), 0)::bigint FROM folder f JOIN mailbox m ON m.mailbox_id = f.mailbox_id
   WHERE m.domain_id = d.domain_id AND m.deleted_at IS NULL),
  d.created_at, d.version
FROM domain d JOIN account_tree t ON t.account_id = d.account_id JOIN account a ON a.account_id = d.account_id
WHERE t.ancestor_id = $1::bigint AND d.name = $2::text;

-- name: domain_list
-- roles: web
SELECT d.domain_id, d.account_id, d.name, a.login, d.suspended_at IS NOT NULL,
  (SELECT count(*) FROM mailbox m WHERE m.domain_id = d.domain_id AND m.deleted_at IS NULL),
  (SELECT count(*) FROM alias l WHERE l.domain_id = d.domain_id),
  (SELECT coalesce(sum(f.size_bytes), 0)::bigint FROM folder f JOIN mailbox m ON m.mailbox_id = f.mailbox_id
   WHERE m.domain_id = d.domain_id AND m.deleted_at IS NULL),
  d.created_at, d.version
FROM domain d JOIN account_tree t ON t.account_id = d.account_id JOIN account a ON a.account_id = d.account_id
WHERE t.ancestor_id = $1::bigint AND d.name > $2::text
  AND ($3::text = '' OR strpos(d.name, lower($3::text)) > 0)
  AND (cardinality($4::text[]) = 0 OR d.name = ANY ($4::text[]))
ORDER BY d.name LIMIT $5::bigint;

-- name: domain_insert
-- roles: web
INSERT INTO domain (account_id, name) VALUES ($1::bigint, $2::text) RETURNING domain_id, created_at;

-- name: domain_update
-- roles: web
UPDATE domain SET account_id = $3::bigint, suspended_at = CASE WHEN $4::boolean THEN coalesce(suspended_at, now()) END,
  version = version + 1
WHERE domain_id = $1::bigint AND ($2::bigint = 0 OR version = $2::bigint) RETURNING version;

-- name: domain_purge_blobs
-- roles: web
-- Mailboxes that were deleted before go with their domain; their bytes are collected when nobody else has them.
INSERT INTO blob_gc (mailbox_id, blob_id, not_before)
SELECT DISTINCT g.mailbox_id, g.blob_id, now() + interval '1 hour' FROM message g JOIN mailbox m ON m.mailbox_id = g.mailbox_id
WHERE m.domain_id = $1::bigint AND m.deleted_at IS NOT NULL
ON CONFLICT (mailbox_id, blob_id) DO UPDATE SET not_before = excluded.not_before;

-- name: domain_purge_messages
-- roles: web
DELETE FROM message g USING mailbox m
WHERE m.mailbox_id = g.mailbox_id AND m.domain_id = $1::bigint AND m.deleted_at IS NOT NULL;

-- name: domain_purge_log
-- roles: web
DELETE FROM change_log g USING mailbox m
WHERE m.mailbox_id = g.mailbox_id AND m.domain_id = $1::bigint AND m.deleted_at IS NOT NULL;

-- name: domain_purge_mailboxes
-- roles: web
DELETE FROM mailbox WHERE domain_id = $1::bigint AND deleted_at IS NOT NULL;

-- name: domain_delete
-- roles: web
DELETE FROM domain WHERE domain_id = $1::bigint AND ($2::bigint = 0 OR version = $2::bigint);
