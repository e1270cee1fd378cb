-- Idempotency-Key: one row a key, status 0 while the first request runs.

-- name: idempotency_begin
-- roles: web
-- A first request that never came back is forgotten after a minute, a stored answer after a day.
INSERT INTO idempotency (account_id, key, request, status, body) VALUES ($1::bigint, $2::text, $3::bytea, 0, '')
ON CONFLICT (account_id, key) DO UPDATE SET request = excluded.request, status = 0, location = '', body = '', at = now()
WHERE idempotency.at < now() - CASE idempotency.status WHEN 0 THEN interval '1 minute' ELSE interval '1 day' END;

-- name: idempotency_find
-- roles: web
SELECT request, status, location, body FROM idempotency WHERE account_id = $1::bigint AND key = $2::text;

-- name: idempotency_end
-- roles: web
UPDATE idempotency SET status = $3::bigint, location = $4::text, body = $5::text
WHERE account_id = $1::bigint AND key = $2::text;

-- name: idempotency_drop
-- roles: web
DELETE FROM idempotency WHERE account_id = $1::bigint AND key = $2::text AND status = 0;

-- name: idempotency_collect
-- roles: send
DELETE FROM idempotency WHERE at < now() - interval '1 day';
