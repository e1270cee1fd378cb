-- Second factors. $1: the account, $2: the mailbox; one of them NULL or 0.

-- name: second_factor_secret
-- roles: keys
SELECT factor_id, secret FROM second_factor
WHERE (account_id = $1::bigint OR mailbox_id = $2::bigint);

-- name: second_factor_take_step
-- roles: keys
-- A code works once: who is first moves last_step.
UPDATE second_factor SET last_step = $2::bigint WHERE factor_id = $1::bigint AND last_step < $2::bigint;

-- name: second_factor_take_recovery
-- roles: keys
DELETE FROM recovery_code WHERE factor_id = $1::bigint AND hash = $2::text;

-- name: second_factor_is_on
-- roles: keys
SELECT 1 FROM second_factor WHERE (account_id = $1::bigint OR mailbox_id = $2::bigint) AND confirmed_at IS NOT NULL;

-- name: second_factor_insert
-- roles: web
INSERT INTO second_factor (account_id, mailbox_id, secret)
VALUES (nullif($1::bigint, 0), nullif($2::bigint, 0), $3::bytea) RETURNING factor_id;

-- name: second_factor_drop_unconfirmed
-- roles: web
DELETE FROM second_factor WHERE (account_id = $1::bigint OR mailbox_id = $2::bigint) AND confirmed_at IS NULL;

-- name: second_factor_confirm
-- roles: web
UPDATE second_factor SET confirmed_at = now()
WHERE (account_id = $1::bigint OR mailbox_id = $2::bigint) AND confirmed_at IS NULL RETURNING factor_id;

-- name: second_factor_add_recovery
-- roles: web
INSERT INTO recovery_code (factor_id, hash) SELECT $1::bigint, unnest($2::text[]);

-- name: second_factor_get
-- roles: web
SELECT f.confirmed_at IS NOT NULL, f.confirmed_at, (SELECT count(*) FROM recovery_code r WHERE r.factor_id = f.factor_id)
FROM second_factor f WHERE (f.account_id = $1::bigint OR f.mailbox_id = $2::bigint);

-- name: second_factor_delete
-- roles: web
DELETE FROM second_factor WHERE (account_id = $1::bigint OR mailbox_id = $2::bigint);
