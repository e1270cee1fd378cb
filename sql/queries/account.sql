-- Panel accounts. $1 is the actor's account wherever a tree is asked: row-level security says the same for the web role, the
-- command line runs without it.

-- name: account_find_login
-- roles: web
SELECT account_id, role, suspended FROM app_find_account($1::text);

-- name: account_by_id
-- roles: web
-- Whose session is this? Within the tenant that the session names.
SELECT a.role, a.login, app_suspended(a.account_id), app_needs_factor(a.account_id), a.language
FROM account a
WHERE a.account_id = $1::bigint AND a.deleted_at IS NULL;

-- name: account_first
-- roles: web
SELECT a.account_id, a.login FROM account a WHERE a.parent_id IS NULL AND a.deleted_at IS NULL ORDER BY a.account_id LIMIT 1;

-- name: account_get
-- roles: web
SELECT a.account_id, coalesce(a.parent_id, 0), a.role, a.login, a.name, coalesce(p.login, ''), a.version,
  (SELECT count(*) FROM domain d JOIN account_tree x ON x.account_id = d.account_id WHERE x.ancestor_id = a.account_id AND d.deleted_at IS NULL),
  (SELECT count(*) FROM mailbox m JOIN domain d ON d.domain_id = m.domain_id JOIN account_tree x ON x.account_id = d.account_id
   WHERE x.ancestor_id = a.account_id AND m.deleted_at IS NULL AND d.deleted_at IS NULL),
  a.created_at, coalesce(a.plan_id, 0), coalesce(n.name, ''), a.deleted_at,
  a.no_login, a.no_send, a.no_receive, a.hold_out, a.suspend_reason, a.suspend_until,
  coalesce(a.suspend_until > now(), true), a.require_second_factor, a.contact, a.language
FROM account_tree t JOIN account a ON a.account_id = t.account_id
  LEFT JOIN account_tree pt ON pt.ancestor_id = t.ancestor_id AND pt.account_id = a.parent_id
  LEFT JOIN account p ON p.account_id = pt.account_id LEFT JOIN plan n ON n.plan_id = a.plan_id
WHERE t.ancestor_id = $1::bigint AND a.account_id = CASE WHEN NOT $3::boolean THEN
    (SELECT x.account_id FROM account x WHERE x.login = $2::text AND x.deleted_at IS NULL)
  ELSE
    (SELECT x.account_id FROM account x WHERE x.login = $2::text AND x.deleted_at IS NOT NULL ORDER BY x.deleted_at DESC LIMIT 1)
  END;

-- name: account_list
-- roles: web
SELECT a.account_id, coalesce(a.parent_id, 0), a.role, a.login, a.name, coalesce(u.login, ''), a.version,
  (SELECT count(*) FROM domain d JOIN account_tree x ON x.account_id = d.account_id WHERE x.ancestor_id = a.account_id AND d.deleted_at IS NULL),
  (SELECT count(*) FROM mailbox m JOIN domain d ON d.domain_id = m.domain_id JOIN account_tree x ON x.account_id = d.account_id
   WHERE x.ancestor_id = a.account_id AND m.deleted_at IS NULL AND d.deleted_at IS NULL),
  a.created_at, coalesce(a.plan_id, 0), coalesce(n.name, ''), a.deleted_at,
  a.no_login, a.no_send, a.no_receive, a.hold_out, a.suspend_reason, a.suspend_until,
  coalesce(a.suspend_until > now(), true), a.require_second_factor, a.contact, a.language, p.number, p.key, p.key_2
FROM list_accounts($1::bigint, $2::text, $3::text, $4::text, $5::text, $6::boolean, $7::boolean, $8::bigint, $9::text, $10::bigint) WITH ORDINALITY AS p (id, number, key, key_2, n)
  JOIN account a ON a.account_id = p.id
  LEFT JOIN account_tree pt ON pt.ancestor_id = $11::bigint AND pt.account_id = a.parent_id
  LEFT JOIN account u ON u.account_id = pt.account_id LEFT JOIN plan n ON n.plan_id = a.plan_id
ORDER BY p.n;

-- name: account_insert
-- roles: web
INSERT INTO account (parent_id, role, login, name, plan_id)
VALUES (nullif($1::bigint, 0), $2::text, $3::text, $4::text, nullif($5::bigint, 0))
RETURNING account_id, created_at;

-- name: account_tree_insert
-- roles: web
INSERT INTO account_tree (ancestor_id, account_id, depth)
SELECT t.ancestor_id, $2::bigint, t.depth + 1 FROM account_tree t WHERE t.account_id = $1::bigint
UNION ALL SELECT $2::bigint, $2::bigint, 0;

-- name: account_update
-- roles: web
UPDATE account SET name = $3::text, plan_id = nullif($4::bigint, 0), no_login = $5::boolean, no_send = $6::boolean,
  no_receive = $7::boolean, hold_out = $8::boolean, suspend_reason = $9::text, suspend_until = $10::timestamptz,
  suspended_at = CASE WHEN $5::boolean AND $6::boolean AND $7::boolean THEN coalesce(suspended_at, now()) END,
  require_second_factor = $11::boolean, contact = $12::text, language = $13::text, version = version + 1
WHERE account_id = $1::bigint AND deleted_at IS NULL AND ($2::bigint = 0 OR version = $2::bigint) RETURNING version;

-- name: account_usage_of
-- roles: web
-- One row a kind: its pool (-1: no limit), what the plans of the accounts right below promise, and what is used.
SELECT k.kind, coalesce(plan_limit(p, k.kind), -1),
  coalesce((SELECT sum(plan_limit(cp, k.kind))::bigint FROM account c JOIN plan cp ON cp.plan_id = c.plan_id
            WHERE c.parent_id = a.account_id AND c.deleted_at IS NULL), 0),
  app_used(a.account_id, k.kind)
FROM account a LEFT JOIN plan p ON p.plan_id = a.plan_id,
  unnest(ARRAY['domains', 'mailboxes', 'aliases', 'storage']) WITH ORDINALITY AS k (kind, n)
WHERE a.account_id = $1::bigint ORDER BY k.n;

-- name: account_usage
-- roles: web
-- For billing: what each account at or below $1 has, and the messages that its domains had to do with in a month.
SELECT a.login, coalesce(p.login, ''), a.role,
  (SELECT count(*) FROM domain d WHERE d.account_id = a.account_id AND d.deleted_at IS NULL),
  (SELECT count(*) FROM mailbox m JOIN domain d ON d.domain_id = m.domain_id
   WHERE d.account_id = a.account_id AND m.deleted_at IS NULL AND d.deleted_at IS NULL),
  (SELECT coalesce(sum(f.size_bytes), 0)::bigint FROM folder f JOIN mailbox m ON m.mailbox_id = f.mailbox_id
   JOIN domain d ON d.domain_id = m.domain_id WHERE d.account_id = a.account_id),
  f.received, f.submitted, f.sent, coalesce(s.size_bytes, 0)
FROM account_tree t JOIN account a ON a.account_id = t.account_id
  LEFT JOIN account_tree pt ON pt.ancestor_id = t.ancestor_id AND pt.account_id = a.parent_id
  LEFT JOIN account p ON p.account_id = pt.account_id,
  LATERAL (SELECT coalesce(sum(x.received + x.junk), 0)::bigint AS received, coalesce(sum(x.submitted), 0)::bigint AS submitted,
      coalesce(sum(x.sent), 0)::bigint AS sent
    FROM figure x WHERE x.account_id = a.account_id AND x.hour >= $4::timestamptz
      AND x.hour < $4::timestamptz + interval '1 month') f,
  LATERAL (SELECT max(y.size_bytes)::bigint AS size_bytes FROM (
      SELECT sum(z.size_bytes) AS size_bytes FROM figure_storage z
      WHERE z.account_id = a.account_id AND z.day >= ($4::timestamptz AT TIME ZONE 'UTC')::date
        AND z.day < (($4::timestamptz + interval '1 month') AT TIME ZONE 'UTC')::date
      GROUP BY z.day) y) s
WHERE t.ancestor_id = $1::bigint AND a.deleted_at IS NULL AND a.login > $2::text
ORDER BY a.login LIMIT $3::bigint;

-- name: account_health
-- roles: web
SELECT 1;
