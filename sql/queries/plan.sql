-- Plans. $1 is the actor's account. -1 stands for "no limit".

-- name: plan_get
-- roles: web
SELECT p.plan_id, p.account_id, o.login, p.name, coalesce(p.max_domains, -1), coalesce(p.max_mailboxes, -1),
  coalesce(p.max_aliases, -1), coalesce(p.max_storage_bytes, -1), coalesce(p.send_per_hour, -1), coalesce(p.send_per_day, -1),
  p.mailbox_quota_bytes, (SELECT count(*) FROM account a WHERE a.plan_id = p.plan_id AND a.deleted_at IS NULL),
  p.created_at, p.version
FROM plan p JOIN account_tree t ON t.account_id = p.account_id JOIN account o ON o.account_id = p.account_id
WHERE t.ancestor_id = $1::bigint AND p.plan_id = $2::bigint;

-- name: plan_list
-- roles: web
SELECT p.plan_id, p.account_id, o.login, p.name, coalesce(p.max_domains, -1), coalesce(p.max_mailboxes, -1),
  coalesce(p.max_aliases, -1), coalesce(p.max_storage_bytes, -1), coalesce(p.send_per_hour, -1), coalesce(p.send_per_day, -1),
  p.mailbox_quota_bytes, (SELECT count(*) FROM account a WHERE a.plan_id = p.plan_id AND a.deleted_at IS NULL),
  p.created_at, p.version
FROM plan p JOIN account_tree t ON t.account_id = p.account_id JOIN account o ON o.account_id = p.account_id
WHERE t.ancestor_id = $1::bigint AND p.plan_id > $2::bigint
  AND ($3::text = '' OR strpos(lower(p.name), lower($3::text)) > 0)
ORDER BY p.plan_id LIMIT $4::bigint;

-- name: plan_for
-- roles: web
-- The plan that an account below $2 means by a name or number: of $2 itself or the nearest above.
SELECT p.plan_id, p.name FROM plan p JOIN account_tree t ON t.ancestor_id = p.account_id
WHERE t.account_id = $1::bigint AND (p.name = $2::text OR p.plan_id::text = $2::text)
ORDER BY t.depth LIMIT 1;

-- name: plan_bounds
-- roles: web
SELECT kind, pool FROM app_plan_bounds($1::bigint);

-- name: plan_insert
-- roles: web
INSERT INTO plan (account_id, name, max_domains, max_mailboxes, max_aliases, max_storage_bytes, send_per_hour, send_per_day,
  mailbox_quota_bytes)
VALUES ($1::bigint, $2::text, nullif($3::bigint, -1), nullif($4::bigint, -1), nullif($5::bigint, -1), nullif($6::bigint, -1),
  nullif($7::bigint, -1), nullif($8::bigint, -1), $9::bigint)
RETURNING plan_id, created_at;

-- name: plan_update
-- roles: web
UPDATE plan SET name = $3::text, max_domains = nullif($4::bigint, -1), max_mailboxes = nullif($5::bigint, -1),
  max_aliases = nullif($6::bigint, -1), max_storage_bytes = nullif($7::bigint, -1), send_per_hour = nullif($8::bigint, -1),
  send_per_day = nullif($9::bigint, -1), mailbox_quota_bytes = $10::bigint, version = version + 1
WHERE plan_id = $1::bigint AND ($2::bigint = 0 OR version = $2::bigint) RETURNING version;

-- name: plan_delete
-- roles: web
DELETE FROM plan WHERE plan_id = $1::bigint AND ($2::bigint = 0 OR version = $2::bigint);
