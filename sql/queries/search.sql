-- The index for SEARCH TEXT and BODY.

-- name: search_segment_next
-- roles: user
-- The first segment that ends at $3 or later. Another may take the place of several while a search walks: what ends later holds them.
SELECT last_uid, uids, CASE WHEN $5::boolean THEN head END, CASE WHEN $6::boolean THEN body END, head_size, body_size
FROM search_segment
WHERE mailbox_id = $1 AND folder_id = $2 AND last_uid >= $3::bigint AND version = $4::bigint
ORDER BY last_uid LIMIT 1;

-- name: search_due
-- roles: user
-- A page of all folders behind ($1, $2): those with something to do, and the last one. what: 0 nothing, 1 new messages or many
-- that are gone, 2 the folder is gone.
WITH page AS (
  SELECT mailbox_id, folder_id, uidnext, messages, deleted_at FROM folder
  WHERE (mailbox_id, folder_id) > ($1::bigint, $2::bigint) ORDER BY mailbox_id, folder_id LIMIT $3::bigint
), judged AS (
  SELECT p.mailbox_id, p.folder_id, CASE
      WHEN p.deleted_at IS NOT NULL THEN CASE WHEN s.mailbox_id IS NULL THEN 0 ELSE 2 END
      WHEN p.messages > 0 AND p.uidnext - 1 - coalesce(s.indexed_uid, 0) >= $4::bigint THEN 1
      WHEN s.messages > p.messages + p.messages / 2 + $4::bigint OR (p.messages = 0 AND s.messages > 0) THEN 1
      ELSE 0 END AS what,
    row_number() OVER (ORDER BY p.mailbox_id, p.folder_id) = count(*) OVER () AS is_last
  FROM page p LEFT JOIN search_folder s ON s.mailbox_id = p.mailbox_id AND s.folder_id = p.folder_id
)
SELECT mailbox_id, folder_id, what FROM judged WHERE what > 0 OR is_last ORDER BY mailbox_id, folder_id;

-- name: search_forget
-- roles: user
DELETE FROM search_folder WHERE mailbox_id = $1 AND folder_id = $2;

-- name: search_claim
-- roles: user
-- Takes the folder for a minute unless somebody else has it. uidnext is read first: what is below it can be seen by whatever is
-- read afterwards.
INSERT INTO search_folder AS s (mailbox_id, folder_id, version, owner, lease_until)
SELECT f.mailbox_id, f.folder_id, $4::bigint, $3::uuid, now() + interval '1 minute'
FROM folder f WHERE f.mailbox_id = $1 AND f.folder_id = $2 AND f.deleted_at IS NULL
ON CONFLICT (mailbox_id, folder_id) DO UPDATE SET owner = excluded.owner, lease_until = excluded.lease_until
  WHERE s.owner IS NULL OR s.owner = excluded.owner OR s.lease_until < now()
RETURNING s.version, s.indexed_uid, s.messages, (SELECT uidnext FROM folder f WHERE f.mailbox_id = $1 AND f.folder_id = $2),
  (SELECT messages FROM folder f WHERE f.mailbox_id = $1 AND f.folder_id = $2);

-- name: search_release
-- roles: user
UPDATE search_folder SET owner = NULL WHERE mailbox_id = $1 AND folder_id = $2 AND owner = $3::uuid;

-- name: search_restart
-- roles: user
-- Made by another version of the program: from the beginning.
WITH mine AS (
  UPDATE search_folder SET version = $4::bigint, indexed_uid = 0, messages = 0
  WHERE mailbox_id = $1 AND folder_id = $2 AND owner = $3::uuid RETURNING mailbox_id
)
DELETE FROM search_segment s USING mine WHERE s.mailbox_id = $1 AND s.folder_id = $2;

-- name: search_uids
-- roles: user
SELECT uid FROM message WHERE mailbox_id = $1 AND folder_id = $2 AND uid > $3::bigint AND uid <= $4::bigint
ORDER BY uid LIMIT $5::bigint;

-- name: search_tail
-- roles: user
-- The last segments, the last one first.
SELECT last_uid, messages, head_size::bigint + body_size FROM search_segment
WHERE mailbox_id = $1 AND folder_id = $2 ORDER BY last_uid DESC LIMIT $3::bigint;

-- name: search_advance
-- roles: user
-- How far the folder is indexed now, and the segments that go ($5: their last_uid). No row, and nothing happens: somebody else has taken
-- the folder meanwhile.
WITH mine AS (
  UPDATE search_folder SET indexed_uid = $4::bigint, messages = messages + $6::bigint
  WHERE mailbox_id = $1 AND folder_id = $2 AND owner = $3::uuid AND indexed_uid <= $4::bigint
  RETURNING mailbox_id
), gone AS (
  DELETE FROM search_segment s USING mine
  WHERE s.mailbox_id = $1 AND s.folder_id = $2 AND s.last_uid = ANY ($5::bigint[])
)
SELECT 1 FROM mine;

-- name: search_insert
-- roles: user
-- In the same tx as search_advance, which holds the folder's row.
INSERT INTO search_segment (mailbox_id, folder_id, last_uid, version, messages, uids, head, body, head_size, body_size)
SELECT $1, $2, $4::bigint, $5::bigint, $6::bigint, $7::bytea, $8::bytea, $9::bytea, $10::bigint, $11::bigint
FROM search_folder f WHERE f.mailbox_id = $1 AND f.folder_id = $2 AND f.owner = $3::uuid;
