-- How mail leaves: relays and outgoing addresses. A domain_id of 0 is the account's own row.

-- name: route_list
-- roles: send
SELECT account_id, coalesce(domain_id, 0), coalesce(sealed, ''::bytea), source FROM route LIMIT $1::bigint;

-- name: route_get
-- roles: web
SELECT smarthost, source FROM route
WHERE account_id = $1::bigint AND coalesce(domain_id, 0) = $2::bigint;

-- name: route_delete
-- roles: web
DELETE FROM route WHERE account_id = $1::bigint AND coalesce(domain_id, 0) = $2::bigint;

-- name: route_insert
-- roles: web
INSERT INTO route (account_id, domain_id, smarthost, sealed, source)
VALUES ($1::bigint, nullif($2::bigint, 0), $3::text, $4::bytea, $5::text);
