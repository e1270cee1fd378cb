-- Panel accounts. $1 is the actor's account wherever a tree is asked: row-level security says the same for the web role, the
-- command line runs without it.

-- name: account_find_login
-- roles: web
SELECT account_id, role, suspended FROM app_find_account($1::text);

-- name: account_by_id
-- roles: web
-- Whose session is this? Within the tenant that the session names.
SELECT a.role, a.login, app_suspended(a.account_id) FROM account a WHERE a.account_id = $1::bigint;

-- name: account_first
-- roles: web
SELECT a.account_id, a.login FROM account a WHERE a.parent_id IS NULL ORDER BY a.account_id LIMIT 1;

-- name: account_get
-- roles: web
SELECT a.account_id, coalesce(a.parent_id, 0), a.role, a.login, a.name, coalesce(p.login, ''), a.suspended_at IS NOT NULL,
  (SELECT count(*) FROM domain d JOIN account_tree x ON x.account_id = d.account_id WHERE x.ancestor_id = a.account_id),
  (SELECT count(*) FROM mailbox m JOIN domain d ON d.domain_id = m.domain_id JOIN account_tree x ON x.account_id = d.account_id
   WHERE x.ancestor_id = a.account_id AND m.deleted_at IS NULL),
  a.created_at
FROM account_tree t JOIN account a ON a.account_id = t.account_id
  LEFT JOIN account_tree pt ON pt.ancestor_id = t.ancestor_id AND pt.account_id = a.parent_id
  LEFT JOIN account p ON p.account_id = pt.account_id
WHERE t.ancestor_id = $1::bigint AND a.login = $2::text;

-- name: account_list
-- roles: web
SELECT a.account_id, coalesce(a.parent_id, 0), a.role, a.login, a.name, coalesce(p.login, ''), a.suspended_at IS NOT NULL,
  (SELECT count(*) FROM domain d JOIN account_tree x ON x.account_id = d.account_id WHERE x.ancestor_id = a.account_id),
  (SELECT count(*) FROM mailbox m JOIN domain d ON d.domain_id = m.domain_id JOIN account_tree x ON x.account_id = d.account_id
   WHERE x.ancestor_id = a.account_id AND m.deleted_at IS NULL),
  a.created_at
FROM account_tree t JOIN account a ON a.account_id = t.account_id
  LEFT JOIN account_tree pt ON pt.ancestor_id = t.ancestor_id AND pt.account_id = a.parent_id
  LEFT JOIN account p ON p.account_id = pt.account_id
WHERE t.ancestor_id = $1::bigint AND a.login > $2::text
  AND ($3::text = '' OR strpos(a.login, lower($3::text)) > 0 OR strpos(lower(a.name), lower($3::text)) > 0)
ORDER BY a.login LIMIT $4::bigint;

-- name: account_insert
-- roles: web
INSERT INTO account (parent_id, role, login, name) VALUES (nullif($1::bigint, 0), $2::text, $3::text, $4::text)
RETURNING account_id, created_at;

-- name: account_tree_insert
-- roles: web
INSERT INTO account_tree (ancestor_id, account_id, depth)
SELECT t.ancestor_id, $2::bigint, t.depth + 1 FROM account_tree t WHERE t.account_id = $1::bigint
UNION ALL SELECT $2::bigint, $2::bigint, 0;

-- name: account_set_suspended
-- roles: web
UPDATE account SET suspended_at = CASE WHEN $2::boolean THEN coalesce(suspended_at, now()) END WHERE account_id = $1::bigint;

-- name: account_usage
-- roles: web
-- For billing: what each account at or below $1 has, and the messages that its domains had to do with in a month.
SELECT a.login, coalesce(p.login, ''), a.role,
  (SELECT count(*) FROM domain d WHERE d.account_id = a.account_id),
  (SELECT count(*) FROM mailbox m JOIN domain d ON d.domain_id = m.domain_id
   WHERE d.account_id = a.account_id AND m.deleted_at IS NULL),
  (SELECT coalesce(sum(f.size_bytes), 0)::bigint FROM folder f JOIN mailbox m ON m.mailbox_id = f.mailbox_id
   JOIN domain d ON d.domain_id = m.domain_id WHERE d.account_id = a.account_id),
  (SELECT count(DISTINCT e.trace_id) FROM event e JOIN domain d ON d.domain_id = e.domain_id
   WHERE d.account_id = a.account_id AND e.at >= $4::timestamptz AND e.at < $4::timestamptz + interval '1 month')
FROM account_tree t JOIN account a ON a.account_id = t.account_id
  LEFT JOIN account_tree pt ON pt.ancestor_id = t.ancestor_id AND pt.account_id = a.parent_id
  LEFT JOIN account p ON p.account_id = pt.account_id
WHERE t.ancestor_id = $1::bigint AND a.login > $2::text
ORDER BY a.login LIMIT $3::bigint;

-- name: account_health
-- roles: web
SELECT 1;
