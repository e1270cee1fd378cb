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
  l.name, l.posters, p.number, p.key, p.key_2
FROM list_aliases($1::bigint, $2::text, $3::text, $4::text[], $5::text, $6::boolean, $7::boolean, $8::bigint, $9::text, $10::text, $11::bigint) WITH ORDINALITY AS p (id, number, key, key_2, n)
  JOIN alias l ON l.alias_id = p.id JOIN domain d ON d.domain_id = l.domain_id
ORDER BY p.n;

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
