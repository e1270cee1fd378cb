-- Pools, and what was deleted.

-- name: tenant_full_pool
-- roles: web
-- $1: the actor, who may be told the name of a pool at or below its own account only.
SELECT CASE WHEN EXISTS (SELECT 1 FROM account_tree t WHERE t.ancestor_id = $1::bigint AND t.account_id = f.account_id)
            THEN f.login ELSE '' END, f.pool, f.used
FROM app_full_pool($2::bigint, $3::text, $4::bigint) AS f;

-- name: tenant_default_quota
-- roles: web
SELECT quota_bytes, is_limited FROM app_default_quota($1::bigint);

-- name: tenant_delete_accounts
-- roles: web
UPDATE account SET deleted_at = now(), version = version + 1
WHERE deleted_at IS NULL AND account_id IN (SELECT t.account_id FROM account_tree t WHERE t.ancestor_id = $1::bigint);

-- name: tenant_delete_domains
-- roles: web
UPDATE domain SET deleted_at = now(), version = version + 1
WHERE deleted_at IS NULL AND account_id IN (SELECT t.account_id FROM account_tree t WHERE t.ancestor_id = $1::bigint);

-- name: tenant_end_sessions
-- roles: web
DELETE FROM web_session WHERE account_id IN (SELECT t.account_id FROM account_tree t WHERE t.ancestor_id = $1::bigint);

-- name: tenant_restore_accounts
-- roles: web
-- What went with it comes back with it; nothing comes back below what is still deleted.
UPDATE account a SET deleted_at = NULL, version = version + 1
WHERE a.deleted_at = $2::timestamptz
  AND a.account_id IN (SELECT t.account_id FROM account_tree t WHERE t.ancestor_id = $1::bigint)
  AND NOT EXISTS (SELECT 1 FROM account me JOIN account p ON p.account_id = me.parent_id
                  WHERE me.account_id = $1::bigint AND p.deleted_at IS NOT NULL);

-- name: tenant_restore_domains
-- roles: web
UPDATE domain SET deleted_at = NULL, version = version + 1
WHERE deleted_at = $2::timestamptz
  AND account_id IN (SELECT t.account_id FROM account_tree t WHERE t.ancestor_id = $1::bigint);

-- name: tenant_list_deleted
-- roles: web
-- Accounts, domains and mailboxes that can be brought back one by one, the newest first.
SELECT x.kind, x.name, x.owner, x.deleted_at, x.deleted_at + interval '30 days'
FROM (
  SELECT 'account' AS kind, a.login AS name, coalesce(p.login, '') AS owner, a.deleted_at
  FROM account_tree t JOIN account a ON a.account_id = t.account_id LEFT JOIN account p ON p.account_id = a.parent_id
  WHERE t.ancestor_id = $1::bigint AND a.deleted_at IS NOT NULL AND (p.deleted_at IS NULL OR p.deleted_at <> a.deleted_at)
  UNION ALL
  SELECT 'domain', d.name, a.login, d.deleted_at
  FROM account_tree t JOIN domain d ON d.account_id = t.account_id JOIN account a ON a.account_id = d.account_id
  WHERE t.ancestor_id = $1::bigint AND d.deleted_at IS NOT NULL AND a.deleted_at IS NULL
  UNION ALL
  SELECT 'mailbox', m.localpart || '@' || d.name, a.login, m.deleted_at
  FROM account_tree t JOIN domain d ON d.account_id = t.account_id JOIN account a ON a.account_id = d.account_id
    JOIN mailbox m ON m.domain_id = d.domain_id
  WHERE t.ancestor_id = $1::bigint AND m.deleted_at IS NOT NULL AND d.deleted_at IS NULL
) x
WHERE ($2::text = '' OR (x.deleted_at, x.name) < ($2::text::timestamptz, $3::text))
  AND (cardinality($4::text[]) = 0 OR x.name = ANY ($4::text[]) OR substring(x.name FROM '@([^@]*)$') = ANY ($4::text[]))
ORDER BY x.deleted_at DESC, x.name DESC LIMIT $5::bigint;

-- name: tenant_purge
-- roles: send
SELECT tenant_purge(make_interval(secs => $1::bigint), $2::bigint);
