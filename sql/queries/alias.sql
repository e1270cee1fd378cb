-- Aliases; local_key '' is the catch-all. $1 is the actor's account.

-- name: alias_get
-- roles: web
SELECT l.alias_id, l.domain_id, d.account_id, l.local_key || '@' || d.name, d.name, l.targets, l.created_at, l.version,
  l.name, l.posters
FROM alias l JOIN domain d ON d.domain_id = l.domain_id JOIN account_tree t ON t.account_id = d.account_id
WHERE t.ancestor_id = $1::bigint AND l.local_key = normalize(lower($2::text)) AND d.name = $3::text AND d.deleted_at IS NULL;

-- name: alias_list
-- roles: web
SELECT l.alias_id, l.domain_id, d.account_id, l.local_key || '@' || d.name, d.name, l.targets, l.created_at, l.version,
  l.name, l.posters, l.local_key
FROM alias l JOIN domain d ON d.domain_id = l.domain_id JOIN account_tree t ON t.account_id = d.account_id
WHERE t.ancestor_id = $1::bigint AND d.deleted_at IS NULL
  AND ($2::text = '' OR d.name = $2::text)
  AND ($3::text = '' OR (d.name, l.local_key) > ($3::text, $4::text))
  AND ($5::text = '' OR strpos(l.local_key || '@' || d.name, lower($5::text)) > 0)
  AND (cardinality($6::text[]) = 0 OR d.name = ANY ($6::text[]))
ORDER BY d.name, l.local_key LIMIT $7::bigint;

-- name: alias_insert
-- roles: web
INSERT INTO alias (domain_id, local_key, targets, name, posters)
VALUES ($1::bigint, normalize(lower($2::text)), $3::text[], $4::text, $5::text) RETURNING alias_id, created_at;

-- name: alias_update
-- roles: web
UPDATE alias SET targets = $3::text[], name = $4::text, posters = $5::text, version = version + 1
WHERE alias_id = $1::bigint AND ($2::bigint = 0 OR version = $2::bigint) RETURNING version;

-- name: alias_delete
-- roles: web
DELETE FROM alias WHERE alias_id = $1::bigint AND ($2::bigint = 0 OR version = $2::bigint);
