-- Mail that waits for its time (mailcore/queue/outbox.h).

-- name: outbox_insert
-- roles: web
-- In the tx that makes the message and its jobs durable. What is long gone is forgotten here: no other housekeeping.
WITH old AS (
  DELETE FROM outbox WHERE mailbox_id = $1::bigint AND send_at < now() - interval '1 day'
)
INSERT INTO outbox (mailbox_id, trace_id, send_at, jobs, subject, to_text)
VALUES ($1::bigint, $2::uuid, $3::timestamptz, $4::bigint, $5::text, $6::text);

-- name: outbox_cancel
-- roles: web
SELECT outbox_cancel($1::bigint, $2::uuid);

-- name: outbox_find
-- roles: web
-- $3: one, or all.
SELECT trace_id, send_at, made_at, subject, to_text, held,
  extract(epoch FROM send_at AT TIME ZONE coalesce(nullif($2::text, ''), 'UTC'))::bigint
FROM outbox_list($1::bigint) AS o WHERE $3::uuid IS NULL OR o.trace_id = $3::uuid;

-- name: outbox_count
-- roles: web
SELECT count(*) FROM outbox WHERE mailbox_id = $1::bigint AND send_at > now();

-- name: send_setting_get
-- roles: web
SELECT undo_s, zone FROM send_setting WHERE mailbox_id = $1::bigint;

-- name: send_setting_set
-- roles: web
INSERT INTO send_setting (mailbox_id, undo_s, zone) VALUES ($1::bigint, $2::bigint, $3::text)
ON CONFLICT (mailbox_id) DO UPDATE SET undo_s = excluded.undo_s, zone = excluded.zone;

-- name: zone_time
-- roles: web
-- $1: seconds as a clock on the wall shows them.
SELECT zone_time(to_timestamp($1::bigint) AT TIME ZONE 'UTC', $2::text);
