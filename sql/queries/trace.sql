-- What happened to messages. $1 is the actor's account; $2: may it see what concerns no domain of ours?

-- name: trace_list
-- roles: web
-- One row a message and recipient: its newest event. Asked for: $5 an address, a domain or a peer's address; $6 a Message-ID or
-- an id of ours; $7 any of these. $12: only these states (names of events); $13: 'in' or 'out'; $14: subjects may be shown.
SELECT r.trace_id::text,
  coalesce(nullif(r.mail_from, ''), (SELECT x.mail_from FROM event x WHERE x.trace_id = r.trace_id AND x.mail_from <> ''
    ORDER BY x.seq LIMIT 1), ''),
  r.rcpt, r.name, r.text, r.at,
  CASE WHEN $14::boolean THEN coalesce(r.evidence ->> 'subject',
    (SELECT g.subject FROM message_meta g WHERE g.mailbox_id = r.mailbox_id AND g.blob_id = r.trace_id), '') ELSE '' END
FROM (
  SELECT DISTINCT ON (e.trace_id, e.rcpt) e.trace_id, e.mail_from, e.rcpt, e.name, e.text, e.at, e.mailbox_id, e.evidence
  FROM event e LEFT JOIN domain d ON d.domain_id = e.domain_id
  WHERE (e.domain_id IS NULL AND $2::boolean
      OR EXISTS (SELECT 1 FROM account_tree t WHERE t.ancestor_id = $1::bigint AND t.account_id = d.account_id))
    AND ($3::text = '' OR d.name = $3::text)
    AND (cardinality($4::text[]) = 0 OR d.name = ANY ($4::text[]))
    AND ($5::text = '' OR e.trace_id IN (SELECT x.trace_id FROM event x WHERE lower($5::text) IN (lower(x.mail_from),
      lower(x.rcpt), split_part(lower(x.mail_from), '@', 2), split_part(lower(x.rcpt), '@', 2), x.evidence ->> 'peer')))
    AND ($6::text = '' OR e.trace_id::text = $6::text OR e.trace_id IN (
      SELECT g.blob_id FROM mailbox m JOIN message_meta g ON g.mailbox_id = m.mailbox_id AND g.message_id = $6::text
      WHERE g.message_id <> ''
      UNION ALL
      SELECT x.trace_id FROM event x WHERE x.evidence ->> 'message_id' = $6::text AND x.evidence ? 'message_id'
        AND x.name NOT IN ('message.delivered', 'message.junked')))
    AND ($7::text = '' OR e.trace_id::text = $7::text OR e.trace_id IN (
      SELECT x.trace_id FROM event x WHERE lower($7::text) IN (lower(x.mail_from), lower(x.rcpt),
        split_part(lower(x.mail_from), '@', 2), split_part(lower(x.rcpt), '@', 2), x.evidence ->> 'peer',
        lower(x.evidence ->> 'message_id'))
      UNION ALL
      SELECT g.blob_id FROM mailbox m JOIN message_meta g ON g.mailbox_id = m.mailbox_id AND g.message_id = $7::text
      WHERE g.message_id <> ''))
    AND ($8::timestamptz IS NULL OR e.at >= $8::timestamptz) AND ($9::timestamptz IS NULL OR e.at < $9::timestamptz)
    AND ($10::text = '' OR (e.trace_id, e.rcpt) < ($10::text::uuid, $11::text))
    AND (e.rcpt <> '' OR NOT EXISTS (SELECT 1 FROM event x WHERE x.trace_id = e.trace_id AND x.rcpt <> ''))
    AND ($13::text = '' OR ($13::text = 'out') = EXISTS (
      SELECT 1 FROM event x WHERE x.trace_id = e.trace_id AND x.name = 'message.submitted'))
  ORDER BY e.trace_id DESC, e.rcpt DESC, e.seq DESC
) AS r
WHERE cardinality($12::text[]) = 0 OR r.name = ANY ($12::text[])
ORDER BY r.trace_id DESC, r.rcpt DESC LIMIT $15::bigint;

-- name: trace_get
-- roles: web
-- Events that concern all recipients are shown to whoever sees one of the message.
SELECT e.seq, e.at, e.mail_from, e.rcpt, e.name, e.text, coalesce(e.evidence::text, '')
FROM event e LEFT JOIN domain d ON d.domain_id = e.domain_id
WHERE e.trace_id = $3::uuid
  AND (e.domain_id IS NULL AND $2::boolean
    OR EXISTS (SELECT 1 FROM account_tree t WHERE t.ancestor_id = $1::bigint AND t.account_id = d.account_id))
  AND (cardinality($4::text[]) = 0 OR d.name = ANY ($4::text[]))
ORDER BY e.seq LIMIT 1000;

-- name: event_trim
-- roles: send
-- A message's events go together. Ids begin with the time: $1 is the first one that stays.
DELETE FROM event WHERE trace_id IN (
  SELECT DISTINCT e.trace_id FROM (SELECT trace_id FROM event WHERE trace_id < $1::uuid ORDER BY trace_id LIMIT $2::bigint) AS e);
