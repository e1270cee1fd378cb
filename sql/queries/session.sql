-- Sessions of panel and webmail.

-- name: session_insert
-- roles: web
INSERT INTO web_session (session_hash, account_id, mailbox_id, csrf, expires_at, address, user_agent, is_pending)
VALUES ($1::bytea, nullif($2::bigint, 0), nullif($3::bigint, 0), $4::bytea, now() + make_interval(secs => $5::bigint),
  $6::text, $7::text, $8::boolean)
RETURNING created_at, expires_at;

-- name: session_find
-- roles: web
SELECT coalesce(account_id, 0), coalesce(mailbox_id, 0), csrf, created_at, seen_at, expires_at, address, user_agent,
  is_pending, coalesce(acting_for, 0), acting_until, coalesce(acting_until <= now(), true), acting_reason
FROM web_session
WHERE session_hash = $1::bytea AND expires_at > now() AND seen_at > now() - make_interval(secs => $2::bigint);

-- name: session_seen
-- roles: web
UPDATE web_session SET seen_at = now() WHERE session_hash = $1::bytea AND seen_at < now() - interval '1 minute';

-- name: session_delete
-- roles: web
DELETE FROM web_session WHERE session_hash = $1::bytea;

-- name: session_act
-- roles: web
-- The session acts for an account below its own.
UPDATE web_session SET acting_for = $2::bigint, acting_until = now() + make_interval(secs => $3::bigint),
  acting_reason = $4::text, csrf = $5::bytea
WHERE session_hash = $1::bytea AND acting_for IS NULL;

-- name: session_act_end
-- roles: web
UPDATE web_session SET acting_for = NULL, acting_until = NULL, acting_reason = '', csrf = $2::bytea
WHERE session_hash = $1::bytea AND acting_for IS NOT NULL;

-- name: session_wrong_code
-- roles: web
UPDATE web_session SET tries = tries + 1 WHERE session_hash = $1::bytea RETURNING tries;

-- name: session_list
-- roles: web
SELECT session_hash, created_at, seen_at, expires_at, address, user_agent FROM web_session
WHERE ($1::bigint <> 0 AND account_id = $1::bigint OR $2::bigint <> 0 AND mailbox_id = $2::bigint) AND expires_at > now() AND NOT is_pending
ORDER BY created_at DESC LIMIT 200;

-- name: session_delete_all
-- roles: web
-- All sessions of an account or mailbox but one ('' for none).
DELETE FROM web_session
WHERE ($1::bigint <> 0 AND account_id = $1::bigint OR $2::bigint <> 0 AND mailbox_id = $2::bigint)
  AND session_hash <> $3::bytea;

-- name: session_collect
-- roles: send
DELETE FROM web_session WHERE expires_at < now() OR seen_at < now() - make_interval(secs => $1::bigint);
