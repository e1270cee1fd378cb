-- Folders, and the counters from which UIDs and MODSEQs come.

-- name: mail_root_insert
-- roles: web
INSERT INTO mail_root (mailbox_id, next_uidvalidity) VALUES ($1, extract(epoch FROM now())::bigint);

-- name: mail_root_take
-- roles: user web
-- Ids for new folders; the row lock also puts changes of the folder list in order.
UPDATE mail_root SET next_folder_id = next_folder_id + $2::bigint, next_uidvalidity = next_uidvalidity + $2::bigint
WHERE mailbox_id = $1
RETURNING next_folder_id - $2::bigint, next_uidvalidity - $2::bigint;

-- name: folder_insert
-- roles: user web
INSERT INTO folder (mailbox_id, folder_id, name, role, uidvalidity)
SELECT $1::bigint, id, name, nullif(role, ''), uidvalidity
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[]) AS f (id, name, role, uidvalidity);

-- name: folder_list
-- roles: user web
SELECT folder_id, name, coalesce(role, ''), uidvalidity, uidnext, highestmodseq, messages, unseen, size_bytes, subscribed,
  first_recent_uid
FROM folder WHERE mailbox_id = $1 AND deleted_at IS NULL
ORDER BY (name <> 'INBOX'), name COLLATE "C";

-- name: folder_modseqs
-- roles: user web
-- Changes with every change of a mailbox, deleted folders included.
SELECT mailbox_id, sum(highestmodseq)::bigint FROM folder WHERE mailbox_id = ANY ($1::bigint[])
GROUP BY mailbox_id ORDER BY mailbox_id;

-- name: folder_find
-- roles: user web
SELECT folder_id, name, coalesce(role, ''), uidvalidity, uidnext, highestmodseq, messages, unseen, size_bytes, subscribed,
  first_recent_uid
FROM folder WHERE mailbox_id = $1 AND name = $2 AND deleted_at IS NULL;

-- name: folder_find_role
-- roles: user web send
SELECT folder_id, name, coalesce(role, ''), uidvalidity, uidnext, highestmodseq, messages, unseen, size_bytes, subscribed,
  first_recent_uid
FROM folder WHERE mailbox_id = $1 AND role = $2 AND deleted_at IS NULL;

-- name: folder_names
-- roles: user web
-- The names out of a list that exist, and how many folders there are.
SELECT name, (SELECT count(*) FROM folder c WHERE c.mailbox_id = $1 AND c.deleted_at IS NULL)
FROM folder WHERE mailbox_id = $1 AND name = ANY ($2::text[]) AND deleted_at IS NULL;

-- name: folder_count
-- roles: user web
SELECT count(*) FROM folder WHERE mailbox_id = $1 AND deleted_at IS NULL;

-- name: folder_subscribe
-- roles: user web
UPDATE folder SET subscribed = $3 WHERE mailbox_id = $1 AND name = $2 AND deleted_at IS NULL;

-- name: folder_drop
-- roles: user web
-- The row stays: ids and UIDVALIDITY never come back.
UPDATE folder SET deleted_at = now(), role = NULL, messages = 0, unseen = 0, size_bytes = 0,
  highestmodseq = highestmodseq + 1
WHERE mailbox_id = $1 AND folder_id = $2;

-- name: folder_drop_messages
-- roles: user web
WITH gone AS (
  DELETE FROM message WHERE mailbox_id = $1 AND folder_id = $2 RETURNING blob_id
), log AS (
  DELETE FROM change_log WHERE mailbox_id = $1 AND folder_id = $2
)
INSERT INTO blob_gc (mailbox_id, blob_id, not_before)
SELECT DISTINCT $1::bigint, blob_id, now() + interval '1 hour' FROM gone
ON CONFLICT (mailbox_id, blob_id) DO UPDATE SET not_before = excluded.not_before;

-- name: folder_tree
-- roles: user web
-- A folder and what is below it, locked.
SELECT folder_id, name, coalesce(role, ''), uidvalidity FROM folder
WHERE mailbox_id = $1 AND deleted_at IS NULL
  AND (name = $2 OR left(name, length($2::text) + 1) = $2::text || '/')
ORDER BY folder_id FOR UPDATE;

-- name: folder_past
-- roles: user web
-- The largest UIDVALIDITY that a folder of each name has ever had.
SELECT name, max(uidvalidity) FROM folder
WHERE mailbox_id = $1 AND name = ANY ($2::text[]) AND deleted_at IS NOT NULL GROUP BY name;

-- name: folder_rename
-- roles: user web
UPDATE folder f SET name = n.name, uidvalidity = n.uidvalidity
FROM unnest($2::bigint[], $3::text[], $4::bigint[]) AS n (id, name, uidvalidity)
WHERE f.mailbox_id = $1 AND f.folder_id = n.id;

-- name: folder_lock
-- roles: user web send
SELECT uidvalidity, uidnext, highestmodseq, keywords FROM folder
WHERE mailbox_id = $1 AND folder_id = $2 AND deleted_at IS NULL FOR UPDATE;

-- name: folder_lock_two
-- roles: user web
-- Always in ascending order, so that two moves in opposite directions do not deadlock.
SELECT folder_id, keywords FROM folder
WHERE mailbox_id = $1 AND folder_id IN ($2, $3) AND deleted_at IS NULL ORDER BY folder_id FOR UPDATE;

-- name: folder_add_keywords
-- roles: user web send
UPDATE folder SET keywords = keywords || $3::text[] WHERE mailbox_id = $1 AND folder_id = $2;

-- name: folder_claim_recent
-- roles: user web
-- Nothing is locked, and so nothing has to be durable, when there is nothing to claim: the usual SELECT.
WITH mine AS (
  SELECT first_recent_uid, uidnext FROM folder
  WHERE mailbox_id = $1 AND folder_id = $2 AND deleted_at IS NULL AND first_recent_uid <> uidnext FOR UPDATE
), moved AS (
  UPDATE folder f SET first_recent_uid = mine.uidnext FROM mine WHERE f.mailbox_id = $1 AND f.folder_id = $2
)
SELECT coalesce((SELECT first_recent_uid FROM mine), uidnext) FROM folder
WHERE mailbox_id = $1 AND folder_id = $2 AND deleted_at IS NULL;

-- name: mailbox_quota
-- roles: user web send
SELECT quota_bytes, used_bytes, messages FROM mail_quota($1::bigint);

-- name: pop3_lease_take
-- roles: user
-- By the database's clock: nodes need not agree on the time.
UPDATE mail_root SET pop3_lease_owner = $2, pop3_lease_until = now() + make_interval(secs => $3::bigint)
WHERE mailbox_id = $1 AND (pop3_lease_until IS NULL OR pop3_lease_until < now() OR pop3_lease_owner = $2);

-- name: pop3_lease_drop
-- roles: user
UPDATE mail_root SET pop3_lease_owner = NULL, pop3_lease_until = NULL
WHERE mailbox_id = $1 AND pop3_lease_owner = $2;

-- name: change_log_trim
-- roles: send
-- Folders whose log has grown beyond twice what is kept ($1 changes): the rest goes, log_floor says so.
WITH long AS (
  SELECT mailbox_id, folder_id, highestmodseq - $1::bigint AS floor FROM folder
  WHERE highestmodseq - log_floor > 2 * $1::bigint LIMIT $2::bigint FOR UPDATE SKIP LOCKED
), floored AS (
  UPDATE folder f SET log_floor = long.floor FROM long WHERE f.mailbox_id = long.mailbox_id AND f.folder_id = long.folder_id
)
DELETE FROM change_log c USING long
WHERE c.mailbox_id = long.mailbox_id AND c.folder_id = long.folder_id AND c.modseq <= long.floor;
