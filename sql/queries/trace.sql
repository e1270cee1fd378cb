-- What happened to messages. $1 is the actor's account; $2: may it see what concerns no domain of ours?

-- name: trace_list
-- roles: web
SELECT DISTINCT ON (e.trace_id, e.rcpt) e.trace_id::text,
  coalesce(nullif(e.mail_from, ''), (SELECT x.mail_from FROM event x WHERE x.trace_id = e.trace_id AND x.mail_from <> ''
    ORDER BY x.seq LIMIT 1), ''),
  e.rcpt, e.name, e.text, e.at
FROM event e LEFT JOIN domain d ON d.domain_id = e.domain_id
WHERE (e.domain_id IS NULL AND $2::boolean
    OR EXISTS (SELECT 1 FROM account_tree t WHERE t.ancestor_id = $1::bigint AND t.account_id = d.account_id))
  AND ($3::text = '' OR d.name = $3::text)
  AND (cardinality($4::text[]) = 0 OR d.name = ANY ($4::text[]))
  AND ($5::text = '' OR e.trace_id IN (SELECT x.trace_id FROM event x WHERE lower(x.mail_from) = lower($5::text)
    OR lower(x.rcpt) = lower($5::text)))
  AND ($6::text = '' OR e.trace_id::text = $6::text OR e.trace_id IN (
    SELECT g.blob_id FROM mailbox m JOIN message_meta g ON g.mailbox_id = m.mailbox_id AND g.message_id = $6::text
    WHERE g.message_id <> ''))
  AND ($7::timestamptz IS NULL OR e.at >= $7::timestamptz) AND ($8::timestamptz IS NULL OR e.at < $8::timestamptz)
  AND ($9::text = '' OR (e.trace_id::text, e.rcpt) < ($9::text, $10::text))
  AND (e.rcpt <> '' OR NOT EXISTS (SELECT 1 FROM event x WHERE x.trace_id = e.trace_id AND x.rcpt <> ''))
ORDER BY e.trace_id DESC, e.rcpt DESC, e.seq DESC LIMIT $11::bigint;

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
