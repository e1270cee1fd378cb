-- API tokens.

-- name: token_find
-- roles: web
SELECT token_id, account_id, role, label, scopes, domains, suspended FROM app_find_token($1::bytea);

-- name: token_used
-- roles: web
-- At most once a minute, so that reading costs no write.
UPDATE api_token SET used_at = now()
WHERE token_id = $1::bigint AND (used_at IS NULL OR used_at < now() - interval '1 minute');

-- name: token_insert
-- roles: web
INSERT INTO api_token (account_id, label, hash, scopes, domains, expires_at)
VALUES ($1::bigint, $2::text, $3::bytea, $4::text[], $5::text[], $6::timestamptz) RETURNING token_id, created_at;

-- name: token_list
-- roles: web
SELECT token_id, label, scopes, domains, created_at, expires_at, used_at FROM api_token
WHERE account_id = $1::bigint AND token_id > $2::bigint ORDER BY token_id LIMIT $3::bigint;

-- name: token_delete
-- roles: web
DELETE FROM api_token WHERE account_id = $1::bigint AND token_id = $2::bigint RETURNING label;
