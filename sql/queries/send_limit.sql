-- Limits on sending; the server's own have id 0.

-- name: send_limit_get
-- roles: web
SELECT id, hour_messages, hour_recipients, day_messages, day_recipients FROM send_limit
WHERE scope = $1::text AND id IN (0, $2::bigint) ORDER BY id DESC LIMIT 1;

-- name: send_limit_set
-- roles: web
INSERT INTO send_limit (scope, id, hour_messages, hour_recipients, day_messages, day_recipients)
VALUES ($1::text, $2::bigint, $3::bigint, $4::bigint, $5::bigint, $6::bigint)
ON CONFLICT (scope, id) DO UPDATE SET hour_messages = excluded.hour_messages, hour_recipients = excluded.hour_recipients,
  day_messages = excluded.day_messages, day_recipients = excluded.day_recipients;

-- name: send_limit_delete
-- roles: web
DELETE FROM send_limit WHERE scope = $1::text AND id = $2::bigint AND id <> 0;

-- name: mailbox_limit_get
-- roles: web
-- Its own or its plan's; and the server's for all mailboxes.
SELECT d.per_hour, d.per_day, l.hour_recipients, l.day_recipients
FROM directory_send_limit($1::bigint) AS d CROSS JOIN send_limit l WHERE l.scope = 'mailbox' AND l.id = 0;
