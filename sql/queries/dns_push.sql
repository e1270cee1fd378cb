-- Where domains' records are pushed to.

-- name: dns_push_get
-- roles: web
SELECT server, zone, key_name, sealed, coalesce(undo::text, ''), pushed_at FROM dns_push WHERE domain_id = $1::bigint;

-- name: dns_push_set
-- roles: web
INSERT INTO dns_push (domain_id, server, zone, key_name, sealed) VALUES ($1::bigint, $2::text, $3::text, $4::text, $5::bytea)
ON CONFLICT (domain_id) DO UPDATE SET server = excluded.server, zone = excluded.zone, key_name = excluded.key_name,
  sealed = excluded.sealed, undo = NULL, pushed_at = NULL;

-- name: dns_push_remove
-- roles: web
DELETE FROM dns_push WHERE domain_id = $1::bigint;

-- name: dns_push_done
-- roles: web
UPDATE dns_push SET undo = nullif($2::text, '')::jsonb, pushed_at = now() WHERE domain_id = $1::bigint;
