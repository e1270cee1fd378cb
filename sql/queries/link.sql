-- Links that work without log-in.

-- name: link_add
-- roles: web
INSERT INTO public_link (kind, domain_id, mailbox_id, token_hash, label, expires_at)
VALUES ($1::text, $2::bigint, nullif($3::bigint, 0), $4::bytea, $5::text, $6::timestamptz)
RETURNING link_id, created_at;

-- name: link_list
-- roles: web
SELECT link_id, label, created_at, expires_at FROM public_link
WHERE domain_id = $1::bigint AND kind = 'dns' AND expires_at > now() ORDER BY link_id DESC LIMIT $2::bigint;

-- name: link_count
-- roles: web
SELECT count(*) FROM public_link WHERE domain_id = $1::bigint AND kind = $2::text AND mailbox_id IS NOT DISTINCT FROM nullif($3::bigint, 0)
  AND expires_at > now();

-- name: link_sweep
-- roles: web
DELETE FROM public_link WHERE domain_id = $1::bigint AND expires_at < now() - interval '1 day';

-- name: link_remove
-- roles: web
DELETE FROM public_link WHERE domain_id = $1::bigint AND link_id = $2::bigint AND kind = 'dns';

-- name: link_open
-- roles: web
SELECT link_id, account_id, domain, mailbox_id, address, expires_at, used, views FROM app_link_open($1::bytea, $2::text);

-- name: link_use
-- roles: web
UPDATE public_link SET used_at = now() WHERE link_id = $1::bigint AND used_at IS NULL AND expires_at > now();
