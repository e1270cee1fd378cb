-- Messages: delivering, reading, changing. UID and MODSEQ come from UPDATE folder in the same tx, after the folder rows were
-- locked by a statement of its own: what follows then reads with a snapshot taken under the lock.

-- name: meta_insert
-- roles: mx user web send
-- One row a mailbox ($1) and message ($2, an index into the arrays behind it). The thread is that of a known message that is
-- referred to, else a new one. Each reference is a search of its own by (mailbox_id, message_id): given an array of them, the
-- planner thinks that reading the whole mailbox is cheaper as soon as mailboxes are small on average.
INSERT INTO message_meta (mailbox_id, blob_id, envelope, bodystructure, headers, sent_at, subject, from_text, to_text, preview,
  has_attachment, message_id, thread_id)
SELECT t.mailbox_id, d.blob_id, d.envelope, d.bodystructure, d.headers, CASE WHEN d.sent <> 0 THEN to_timestamp(d.sent) END,
  d.subject, d.from_text, d.to_text, d.preview, d.has_attachment, d.message_id, coalesce(known.thread_id, d.blob_id)
FROM unnest($1::bigint[], $2::bigint[]) AS t (mailbox_id, doc)
JOIN unnest($3::uuid[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bigint[], $8::text[], $9::text[], $10::text[], $11::text[],
  $12::boolean[], $13::text[], $14::text[]) WITH ORDINALITY AS d (blob_id, envelope, bodystructure, headers, sent, subject,
  from_text, to_text, preview, has_attachment, message_id, refs, doc) ON d.doc = t.doc
LEFT JOIN LATERAL (
  SELECT m.thread_id FROM unnest(string_to_array(d.refs, ' ')) AS ref CROSS JOIN LATERAL (
    SELECT m.thread_id FROM message_meta m
    WHERE m.mailbox_id = t.mailbox_id AND m.message_id = ref AND m.message_id <> '' LIMIT 1
  ) AS m LIMIT 1
) AS known ON true
ON CONFLICT DO NOTHING;

-- name: meta_insert_one
-- roles: mx user web send
-- As meta_insert for one message of one mailbox that refers to no other.
INSERT INTO message_meta (mailbox_id, blob_id, envelope, bodystructure, headers, sent_at, subject, from_text, to_text, preview,
  has_attachment, message_id, thread_id)
VALUES ($1::bigint, $2::uuid, $3::bytea, $4::bytea, $5::bytea, CASE WHEN $6::bigint <> 0 THEN to_timestamp($6::bigint) END,
  $7::text, $8::text, $9::text, $10::text, $11::boolean, $12::text, $2::uuid)
ON CONFLICT DO NOTHING;

-- name: deliver_lock
-- roles: mx user web send
-- In ascending order: INBOX is always a mailbox' first folder.
SELECT f.mailbox_id
FROM (SELECT DISTINCT mailbox_id, junk FROM unnest($1::bigint[], $2::boolean[]) AS t (mailbox_id, junk) ORDER BY 1, 2) AS t
CROSS JOIN LATERAL (
  SELECT f.mailbox_id FROM folder f
  WHERE f.mailbox_id = t.mailbox_id AND f.role = CASE WHEN t.junk THEN 'junk' ELSE 'inbox' END AND f.deleted_at IS NULL
  LIMIT 1 FOR UPDATE
) AS f;

-- name: deliver_insert
-- roles: mx user web send
-- A mailbox without INBOX has no folder_id, which violates NOT NULL: the tx fails rather than lose the message.
WITH target AS (
  SELECT t.mailbox_id, t.blob_id, t.size, t.at, t.ord, f.folder_id
  FROM unnest($1::bigint[], $2::boolean[], $3::uuid[], $4::bigint[], $5::timestamptz[])
    WITH ORDINALITY AS t (mailbox_id, junk, blob_id, size, at, ord)
  LEFT JOIN LATERAL (
    SELECT f.folder_id FROM folder f
    WHERE f.mailbox_id = t.mailbox_id AND f.deleted_at IS NULL AND (f.role = 'inbox' OR (t.junk AND f.role = 'junk'))
    ORDER BY f.role = 'junk' DESC LIMIT 1
  ) AS f ON true
), bumped AS (
  UPDATE folder f SET uidnext = uidnext + n, highestmodseq = highestmodseq + 1, messages = messages + n, unseen = unseen + n,
    size_bytes = size_bytes + bytes
  FROM (SELECT mailbox_id, folder_id, count(*) AS n, sum(size)::bigint AS bytes FROM target GROUP BY 1, 2) AS c
  WHERE f.mailbox_id = c.mailbox_id AND f.folder_id = c.folder_id
  RETURNING f.mailbox_id, f.folder_id, f.uidnext - c.n AS first_uid, f.uidnext - 1 AS last_uid, f.highestmodseq AS modseq
), stored AS (
  INSERT INTO message (mailbox_id, folder_id, uid, modseq, internal_at, size_bytes, blob_id)
  SELECT t.mailbox_id, b.folder_id,
    b.first_uid - 1 + row_number() OVER (PARTITION BY t.mailbox_id, t.folder_id ORDER BY t.ord), b.modseq, t.at, t.size, t.blob_id
  FROM target t LEFT JOIN bumped b ON b.mailbox_id = t.mailbox_id AND b.folder_id = t.folder_id
), logged AS (
  INSERT INTO change_log (mailbox_id, folder_id, modseq, op, uids)
  SELECT mailbox_id, folder_id, modseq, 'A',
    '\x01'::bytea || substring(int8send(first_uid) FROM 5) || substring(int8send(last_uid) FROM 5) FROM bumped
)
SELECT mailbox_id, folder_id FROM bumped;

-- name: deliver_insert_one
-- roles: mx user web send
-- deliver_lock and deliver_insert for one message to one INBOX: the UPDATE is the lock, and all that follows comes from the row that
-- it returns. Without INBOX folder_id is NULL, which fails the tx.
WITH bumped AS (
  UPDATE folder SET uidnext = uidnext + 1, highestmodseq = highestmodseq + 1, messages = messages + 1, unseen = unseen + 1,
    size_bytes = size_bytes + $3::bigint
  WHERE mailbox_id = $1::bigint AND role = 'inbox' AND deleted_at IS NULL
  RETURNING folder_id, uidnext - 1 AS uid, highestmodseq AS modseq
), stored AS (
  INSERT INTO message (mailbox_id, folder_id, uid, modseq, internal_at, size_bytes, blob_id)
  SELECT $1::bigint, b.folder_id, b.uid, b.modseq, $4::timestamptz, $3::bigint, $2::uuid
  FROM (VALUES (1)) AS one LEFT JOIN bumped b ON true
), logged AS (
  INSERT INTO change_log (mailbox_id, folder_id, modseq, op, uids)
  SELECT $1::bigint, folder_id, modseq, 'A',
    '\x01'::bytea || substring(int8send(uid) FROM 5) || substring(int8send(uid) FROM 5) FROM bumped
)
SELECT $1::bigint, folder_id FROM bumped;

-- name: event_insert_one
-- roles: mx user web send
INSERT INTO event (trace_id, seq, domain_id, mailbox_id, mail_from, rcpt, name, text, evidence)
VALUES ($1::uuid, 0, nullif($2::bigint, 0), nullif($3::bigint, 0), $4::text, $5::text, $6::text, $7::text,
  nullif($8::text, '')::jsonb);

-- name: event_insert
-- roles: mx user web send
INSERT INTO event (trace_id, seq, domain_id, mailbox_id, mail_from, rcpt, name, text, evidence)
SELECT trace_id, seq, nullif(domain_id, 0), nullif(mailbox_id, 0), mail_from, rcpt, name, text, nullif(evidence, '')::jsonb
FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
  AS e (trace_id, seq, domain_id, mailbox_id, mail_from, rcpt, name, text, evidence);

-- name: event_refused
-- roles: mx user
-- Recipients of our domains that were refused; those of other domains are nobody's business.
-- Returns which were ours: their place in the arrays, and the domain.
WITH ours AS (
  SELECT e.trace_id, d.domain_id, e.mail_from, e.rcpt, e.text, e.i
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY
    AS e (trace_id, domain, mail_from, rcpt, text, i), LATERAL directory_domain(lower(e.domain)) AS d
), written AS (
  INSERT INTO event (trace_id, seq, domain_id, mail_from, rcpt, name, text)
    SELECT o.trace_id, 0, o.domain_id, o.mail_from, o.rcpt, 'recipient.refused', o.text FROM ours o
)
SELECT o.i - 1, o.domain_id FROM ours o;

-- name: append_insert
-- roles: user web send
-- Under folder_lock; UIDs and MODSEQ ($3) were computed from what it returned.
INSERT INTO message (mailbox_id, folder_id, uid, modseq, flags, keywords, internal_at, internal_zone, size_bytes, blob_id)
SELECT $1::bigint, $2::bigint, uid, $3::bigint, flags, keywords, at, zone, size, blob_id
FROM unnest($4::bigint[], $5::bigint[], $6::bigint[], $7::timestamptz[], $8::bigint[], $9::bigint[], $10::uuid[])
  AS m (uid, flags, keywords, at, zone, size, blob_id);

-- name: append_count
-- roles: user web send
UPDATE folder SET uidnext = uidnext + $3::bigint, highestmodseq = $4::bigint, messages = messages + $3::bigint,
  unseen = unseen + $5::bigint, size_bytes = size_bytes + $6::bigint
WHERE mailbox_id = $1 AND folder_id = $2;

-- name: change_log_insert
-- roles: user web send
INSERT INTO change_log (mailbox_id, folder_id, modseq, op, uids) VALUES ($1, $2, $3, $4::text::"char", $5);

-- name: flags_change
-- roles: user web
-- Masks: what stays ($4, $6) and what is set ($5, $7). $8: UNCHANGEDSINCE, -1 without.
WITH hit AS (
  SELECT uid, modseq, flags, keywords, (flags::bigint & $4::bigint) | $5::bigint AS new_flags,
    (keywords & $6::bigint) | $7::bigint AS new_keywords
  FROM message WHERE mailbox_id = $1 AND folder_id = $2 AND uid = ANY ($3::bigint[])
), wanted AS (
  SELECT * FROM hit WHERE (new_flags <> flags OR new_keywords <> keywords) AND ($8::bigint < 0 OR modseq <= $8::bigint)
), bumped AS (
  UPDATE folder SET highestmodseq = highestmodseq + 1,
    unseen = unseen + (SELECT count(*) FILTER (WHERE new_flags & 8 = 0) - count(*) FILTER (WHERE flags & 8 = 0) FROM wanted)
  WHERE mailbox_id = $1 AND folder_id = $2 AND EXISTS (SELECT 1 FROM wanted)
  RETURNING highestmodseq AS modseq
), changed AS (
  UPDATE message m SET flags = w.new_flags, keywords = w.new_keywords, modseq = b.modseq
  FROM wanted w, bumped b WHERE m.mailbox_id = $1 AND m.folder_id = $2 AND m.uid = w.uid
), logged AS (
  INSERT INTO change_log (mailbox_id, folder_id, modseq, op, uids)
  SELECT $1, $2, b.modseq, 'F', uid_pack((SELECT array_agg(uid) FROM wanted)) FROM bumped b
)
SELECT coalesce((SELECT modseq FROM bumped), 0),
  (SELECT array_agg(uid ORDER BY uid) FROM hit WHERE $8::bigint >= 0 AND modseq > $8::bigint);

-- name: keywords_used
-- roles: user web
SELECT coalesce(bit_or(keywords), 0) FROM message WHERE mailbox_id = $1 AND folder_id = $2 AND uid = ANY ($3::bigint[]);

-- name: message_copy
-- roles: user web
-- $5: for each keyword bit of the source the mask that it becomes.
WITH source AS (
  SELECT m.*, row_number() OVER (ORDER BY uid) - 1 AS nth FROM message m
  WHERE mailbox_id = $1 AND folder_id = $2 AND uid = ANY ($3::bigint[])
), total AS (
  SELECT count(*) AS n, count(*) FILTER (WHERE flags & 8 = 0) AS unseen, coalesce(sum(size_bytes), 0)::bigint AS bytes FROM source
), bumped AS (
  UPDATE folder f SET uidnext = f.uidnext + t.n, highestmodseq = f.highestmodseq + 1, messages = f.messages + t.n,
    unseen = f.unseen + t.unseen, size_bytes = f.size_bytes + t.bytes
  FROM total t WHERE f.mailbox_id = $1 AND f.folder_id = $4 AND f.deleted_at IS NULL AND t.n > 0
  RETURNING f.uidvalidity, f.uidnext - t.n AS first_uid, f.uidnext - 1 AS last_uid, f.highestmodseq AS modseq
), stored AS (
  INSERT INTO message (mailbox_id, folder_id, uid, modseq, flags, keywords, internal_at, internal_zone, size_bytes, blob_id)
  SELECT $1, $4, b.first_uid + s.nth, b.modseq, s.flags,
    CASE WHEN s.keywords = 0 THEN 0 ELSE (SELECT coalesce(bit_or(mask), 0)
      FROM unnest($5::bigint[]) WITH ORDINALITY AS k (mask, bit) WHERE (s.keywords >> (bit - 1)::integer) & 1 = 1) END,
    s.internal_at, s.internal_zone, s.size_bytes, s.blob_id
  FROM source s, bumped b
), logged AS (
  INSERT INTO change_log (mailbox_id, folder_id, modseq, op, uids)
  SELECT $1, $4, modseq, 'A',
    '\x01'::bytea || substring(int8send(first_uid) FROM 5) || substring(int8send(last_uid) FROM 5) FROM bumped
)
SELECT b.uidvalidity, b.first_uid, (SELECT array_agg(uid ORDER BY uid) FROM source), (SELECT bytes FROM total) FROM bumped b;

-- name: message_expunge
-- roles: user web
-- $4: only those that are \Deleted; $5: whether the blobs may go (not when the messages were moved).
WITH gone AS (
  DELETE FROM message WHERE mailbox_id = $1 AND folder_id = $2 AND uid = ANY ($3::bigint[])
    AND (NOT $4::boolean OR flags & 4 <> 0)
  RETURNING uid, flags, size_bytes, blob_id
), bumped AS (
  UPDATE folder SET highestmodseq = highestmodseq + 1, messages = messages - (SELECT count(*) FROM gone),
    unseen = unseen - (SELECT count(*) FROM gone WHERE flags & 8 = 0),
    size_bytes = size_bytes - (SELECT coalesce(sum(size_bytes), 0)::bigint FROM gone)
  WHERE mailbox_id = $1 AND folder_id = $2 AND EXISTS (SELECT 1 FROM gone)
  RETURNING highestmodseq AS modseq
), logged AS (
  INSERT INTO change_log (mailbox_id, folder_id, modseq, op, uids)
  SELECT $1, $2, b.modseq, 'X', uid_pack((SELECT array_agg(uid) FROM gone)) FROM bumped b
), queued AS (
  INSERT INTO blob_gc (mailbox_id, blob_id, not_before)
  SELECT DISTINCT $1::bigint, blob_id, now() + interval '1 hour' FROM gone WHERE $5::boolean ORDER BY blob_id
  ON CONFLICT (mailbox_id, blob_id) DO UPDATE SET not_before = excluded.not_before
)
SELECT coalesce((SELECT modseq FROM bumped), 0), (SELECT array_agg(uid ORDER BY uid) FROM gone);

-- name: message_expunge_all
-- roles: user web
-- The whole folder; $3: only those that are \Deleted.
WITH gone AS (
  DELETE FROM message WHERE mailbox_id = $1 AND folder_id = $2 AND (NOT $3::boolean OR flags & 4 <> 0)
  RETURNING uid, flags, size_bytes, blob_id
), bumped AS (
  UPDATE folder SET highestmodseq = highestmodseq + 1, messages = messages - (SELECT count(*) FROM gone),
    unseen = unseen - (SELECT count(*) FROM gone WHERE flags & 8 = 0),
    size_bytes = size_bytes - (SELECT coalesce(sum(size_bytes), 0)::bigint FROM gone)
  WHERE mailbox_id = $1 AND folder_id = $2 AND EXISTS (SELECT 1 FROM gone)
  RETURNING highestmodseq AS modseq
), logged AS (
  INSERT INTO change_log (mailbox_id, folder_id, modseq, op, uids)
  SELECT $1, $2, b.modseq, 'X', uid_pack((SELECT array_agg(uid) FROM gone)) FROM bumped b
), queued AS (
  INSERT INTO blob_gc (mailbox_id, blob_id, not_before)
  SELECT DISTINCT $1::bigint, blob_id, now() + interval '1 hour' FROM gone ORDER BY blob_id
  ON CONFLICT (mailbox_id, blob_id) DO UPDATE SET not_before = excluded.not_before
)
SELECT coalesce((SELECT modseq FROM bumped), 0), (SELECT array_agg(uid ORDER BY uid) FROM gone);

-- name: snapshot_folder
-- roles: user web
SELECT uidvalidity, uidnext, highestmodseq, log_floor, keywords FROM folder
WHERE mailbox_id = $1 AND folder_id = $2 AND deleted_at IS NULL;

-- name: snapshot_all
-- roles: user web
SELECT uid, modseq, flags, keywords, internal_at, internal_zone, size_bytes FROM message
WHERE mailbox_id = $1 AND folder_id = $2 ORDER BY uid;

-- name: snapshot_changes
-- roles: user web
-- The folder as it is and what happened after $3, seen at one moment.
SELECT f.uidvalidity, f.uidnext, f.highestmodseq, f.log_floor, f.keywords, c.op, c.uids
FROM folder f LEFT JOIN change_log c ON c.mailbox_id = f.mailbox_id AND c.folder_id = f.folder_id AND c.modseq > $3
WHERE f.mailbox_id = $1 AND f.folder_id = $2 AND f.deleted_at IS NULL ORDER BY c.modseq;

-- name: snapshot_some
-- roles: user web
SELECT uid, modseq, flags, keywords, internal_at, internal_zone, size_bytes FROM message
WHERE mailbox_id = $1 AND folder_id = $2 AND uid = ANY ($3::bigint[]) ORDER BY uid;

-- name: snapshot_vanished
-- roles: user web
SELECT f.log_floor, c.uids
FROM folder f LEFT JOIN change_log c ON c.mailbox_id = f.mailbox_id AND c.folder_id = f.folder_id AND c.modseq > $3 AND c.op = 'X'
WHERE f.mailbox_id = $1 AND f.folder_id = $2 AND f.deleted_at IS NULL;

-- name: message_wire
-- roles: user web
-- Of all messages between two UIDs what goes on the wire as it is stored. One walk along the index: half the price of asking for
-- each UID.
SELECT m.uid, CASE WHEN $5::boolean THEN mm.envelope END, CASE WHEN $6::boolean THEN mm.bodystructure END,
  CASE WHEN $7::boolean THEN mm.headers END
FROM message m JOIN message_meta mm ON mm.mailbox_id = m.mailbox_id AND mm.blob_id = m.blob_id
WHERE m.mailbox_id = $1 AND m.folder_id = $2 AND m.uid BETWEEN $3::bigint AND $4::bigint ORDER BY m.uid;

-- name: message_fields
-- roles: user web
-- For searching: the header fields of all messages between two UIDs, except those of more than $5 octets.
SELECT m.uid, CASE WHEN octet_length(mm.headers) <= $5::bigint THEN mm.headers END
FROM message m JOIN message_meta mm ON mm.mailbox_id = m.mailbox_id AND mm.blob_id = m.blob_id
WHERE m.mailbox_id = $1 AND m.folder_id = $2 AND m.uid BETWEEN $3::bigint AND $4::bigint ORDER BY m.uid;

-- name: message_rows
-- roles: user web
SELECT m.uid, m.blob_id, CASE WHEN $4::boolean THEN mm.envelope END, CASE WHEN $5::boolean THEN mm.bodystructure END,
  CASE WHEN $6::boolean THEN mm.headers END, mm.message_id, mm.thread_id, mm.has_attachment, mm.sent_at,
  CASE WHEN $7::boolean THEN mm.subject END, CASE WHEN $7::boolean THEN mm.from_text END,
  CASE WHEN $7::boolean THEN mm.to_text END, CASE WHEN $7::boolean THEN mm.preview END, m.saved_at
FROM message m JOIN message_meta mm ON mm.mailbox_id = m.mailbox_id AND mm.blob_id = m.blob_id
WHERE m.mailbox_id = $1 AND m.folder_id = $2 AND m.uid = ANY ($3::bigint[]) ORDER BY m.uid;

-- name: message_read_one
-- roles: user web
-- As message_read for one message, whatever its size.
SELECT m.uid, b.blob_id, b.place, b.codec, b.head_size, b.size, b.head,
  CASE WHEN $4::boolean THEN ''::bytea ELSE b.body END, 1::bigint
FROM message m JOIN blob b ON b.blob_id = m.blob_id
WHERE m.mailbox_id = $1 AND m.folder_id = $2 AND m.uid = $3::bigint;

-- name: message_read
-- roles: user web
-- At most $5 octets of messages, but at least one; the last column: how many there would have been.
SELECT m.uid, b.blob_id, b.place, b.codec, b.head_size, b.size, b.head,
  CASE WHEN $4::boolean THEN ''::bytea ELSE b.body END, m.n
FROM (
  SELECT uid, blob_id, count(*) OVER () AS n, coalesce(sum(size_bytes) OVER (ORDER BY uid
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
  FROM message WHERE mailbox_id = $1 AND folder_id = $2 AND uid = ANY ($3::bigint[])
) AS m JOIN blob b ON b.blob_id = m.blob_id
WHERE m.before < $5::bigint ORDER BY m.uid;
