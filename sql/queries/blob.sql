-- The bytes of messages.

-- name: blob_insert
-- roles: mx user web send
INSERT INTO blob (blob_id, place, codec, head_size, size, head, body)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bytea[], $7::bytea[]);

-- name: blob_insert_one
-- roles: mx user web send
-- As blob_insert, at a third of its price for a single row.
INSERT INTO blob (blob_id, place, codec, head_size, size, head, body)
VALUES ($1::uuid, $2::bigint, $3::bigint, $4::bigint, $5::bigint, $6::bytea, $7::bytea);

-- name: blob_find
-- roles: user web send
SELECT place, codec, head_size, size, head, CASE WHEN $2::boolean THEN ''::bytea ELSE body END
FROM blob WHERE blob_id = $1;

-- name: blob_known
-- roles: mx user web send
SELECT blob_id FROM blob WHERE blob_id = ANY ($1::uuid[]) AND place <> 2;

-- name: blob_fence
-- roles: mx user web send
-- After a lost connection: waits for the outcome of the lost transaction if it is still running, and makes sure that it cannot
-- commit later if it is not. blob_known then tells what is there.
WITH fence AS (
  INSERT INTO blob (blob_id, place, codec, head_size, size, head, body)
  SELECT id, 2, 0, 0, 0, ''::bytea, ''::bytea FROM unnest($1::uuid[]) AS id ORDER BY id
  ON CONFLICT DO NOTHING RETURNING blob_id
)
INSERT INTO blob_gc (mailbox_id, blob_id, not_before) SELECT 0, blob_id, now() + interval '1 day' FROM fence;

-- name: blob_gc_take
-- roles: send
SELECT mailbox_id, blob_id FROM blob_gc WHERE not_before < now()
ORDER BY not_before LIMIT $1::bigint FOR UPDATE SKIP LOCKED;

-- name: blob_gc_meta
-- roles: send
-- What no message of the mailbox refers to any more.
DELETE FROM message_meta mm USING unnest($1::bigint[], $2::uuid[]) AS t (mailbox_id, blob_id)
WHERE mm.mailbox_id = t.mailbox_id AND mm.blob_id = t.blob_id AND NOT EXISTS (
  SELECT 1 FROM message m WHERE m.blob_id = t.blob_id AND m.mailbox_id = t.mailbox_id);

-- name: blob_gc_delete
-- roles: send
DELETE FROM blob b USING (SELECT DISTINCT id FROM unnest($1::uuid[]) AS id) AS t
WHERE b.blob_id = t.id AND NOT EXISTS (SELECT 1 FROM message m WHERE m.blob_id = t.id)
  AND NOT EXISTS (SELECT 1 FROM job j WHERE j.blob_id = t.id)
RETURNING b.blob_id, b.place;

-- name: blob_gc_done
-- roles: send
DELETE FROM blob_gc g USING unnest($1::bigint[], $2::uuid[]) AS t (mailbox_id, blob_id)
WHERE g.mailbox_id = t.mailbox_id AND g.blob_id = t.blob_id;
