-- What DNS says of the domains' records, and when to look again.

-- name: dns_state_list
-- roles: web
SELECT key, status, found::text, hint, doubts, since, purpose, servers::text FROM dns_state WHERE domain_id = $1::bigint;

-- name: dns_state_put
-- roles: web
INSERT INTO dns_state (domain_id, key, purpose, status, found, hint, doubts, servers)
SELECT $1::bigint, u.key, u.purpose, u.status, u.found::jsonb, u.hint, u.doubts::smallint, u.servers::jsonb
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[])
  AS u (key, purpose, status, found, hint, doubts, servers)
ON CONFLICT (domain_id, key) DO UPDATE SET status = excluded.status, found = excluded.found, hint = excluded.hint,
  doubts = excluded.doubts, servers = excluded.servers,
  since = CASE WHEN dns_state.status = excluded.status THEN dns_state.since ELSE now() END;

-- name: dns_state_drop
-- roles: web
-- Records that are not wanted any more.
DELETE FROM dns_state WHERE domain_id = $1::bigint AND NOT key = ANY ($2::text[]);

-- name: dns_change_add
-- roles: web
INSERT INTO dns_change (domain_id, key, purpose, before, after, found)
SELECT $1::bigint, u.key, u.purpose, u.before, u.after, u.found::jsonb
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) AS u (key, purpose, before, after, found);

-- name: dns_change_list
-- roles: web
SELECT at, key, purpose, before, after FROM dns_change WHERE domain_id = $1::bigint ORDER BY change_id DESC LIMIT $2::bigint;

-- name: dns_schedule_claim
-- roles: web
-- For ten minutes nobody else looks at them.
UPDATE dns_schedule s SET due_at = now() + interval '10 minutes'
FROM (SELECT c.domain_id FROM dns_schedule c WHERE c.due_at <= now() ORDER BY c.due_at LIMIT $1::bigint
      FOR UPDATE SKIP LOCKED) AS due
WHERE s.domain_id = due.domain_id
RETURNING (SELECT d.name FROM domain d WHERE d.domain_id = s.domain_id);

-- name: dns_schedule_set
-- roles: web
UPDATE dns_schedule SET checked_at = now(), due_at = now() + $2::bigint * interval '1 second' WHERE domain_id = $1::bigint;

-- name: dns_schedule_get
-- roles: web
SELECT checked_at FROM dns_schedule WHERE domain_id = $1::bigint;

-- name: dns_first_admin
-- roles: web
SELECT app_first_admin();
