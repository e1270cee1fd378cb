-- Who did what.

-- name: audit_insert
-- roles: web
INSERT INTO audit (account_id, actor, source, address, action, object, before, after, on_behalf_of, bulk_id)
VALUES ($1::bigint, $2::text, $3::text, $4::text, $5::text, $6::text, nullif($7::text, '')::jsonb, nullif($8::text, '')::jsonb,
  $9::text, nullif($10::bigint, 0));

-- name: audit_list
-- roles: web
SELECT u.audit_id, u.account_id, u.actor, u.source, u.address, u.action, u.object, coalesce(u.before::text, ''),
  coalesce(u.after::text, ''), u.at, u.on_behalf_of
FROM audit u JOIN account_tree t ON t.account_id = u.account_id
WHERE t.ancestor_id = $1::bigint AND u.audit_id < $2::bigint
  AND ($3::text = '' OR strpos(u.object, $3::text) > 0 OR strpos(u.action, $3::text) > 0)
ORDER BY u.audit_id DESC LIMIT $4::bigint;
