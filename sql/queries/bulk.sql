-- Bulk changes and their undo. $1 of the first ones is the actor's account.

-- name: bulk_insert
-- roles: web
INSERT INTO bulk (account_id, action, kind, actor) VALUES ($1::bigint, $2::text, $3::text, $4::text) RETURNING bulk_id, created_at;

-- name: bulk_finish
-- roles: web
UPDATE bulk SET done = $2::bigint, refused = $3::bigint WHERE bulk_id = $1::bigint;

-- name: bulk_get
-- roles: web
SELECT b.bulk_id, b.action, b.kind, b.actor, b.done, b.refused, b.undone, b.kept, b.created_at, b.undone_at
FROM bulk b JOIN account_tree t ON t.account_id = b.account_id WHERE t.ancestor_id = $1::bigint AND b.bulk_id = $2::bigint;

-- name: bulk_list
-- roles: web
SELECT b.bulk_id, b.action, b.kind, b.actor, b.done, b.refused, b.undone, b.kept, b.created_at, b.undone_at
FROM bulk b JOIN account_tree t ON t.account_id = b.account_id
WHERE t.ancestor_id = $1::bigint AND b.bulk_id < $2::bigint ORDER BY b.bulk_id DESC LIMIT $3::bigint;

-- name: bulk_claim_undo
-- roles: web
-- Only one can.
UPDATE bulk SET undone_at = now() WHERE bulk_id = $1::bigint AND undone_at IS NULL;

-- name: bulk_note_undo
-- roles: web
UPDATE bulk SET undone = $2::bigint, kept = $3::bigint WHERE bulk_id = $1::bigint;

-- name: bulk_changes
-- roles: web
-- What it did, the last first.
SELECT u.audit_id, u.action, u.object, coalesce(u.before::text, ''), coalesce(u.after::text, '') FROM audit u
WHERE u.bulk_id = $1::bigint AND u.audit_id < $2::bigint ORDER BY u.audit_id DESC LIMIT 500;

-- name: bulk_collect
-- roles: send
DELETE FROM bulk WHERE created_at < now() - interval '30 days';
