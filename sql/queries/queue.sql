-- The queue as tenants see it. $1 is the actor's account. States in words: waiting (ready and waiting), sending (leased), held.

-- name: queue_list
-- roles: web
SELECT j.job_id, j.trace_id, j.blob_id, j.account_id, coalesce(j.domain_id, 0), coalesce(j.mailbox_id, 0), j.mail_from, j.rcpt,
  j.original_rcpt, j.destination, j.envid, j.notify, j.ret, j.smtputf8, j.body_8bit, j.priority, j.attempts, j.created_at,
  CASE WHEN j.state = 'ready' THEN greatest(j.next_at, q.not_before) ELSE j.next_at END, j.delay_told,
  CASE j.state WHEN 'ready' THEN 'waiting' WHEN 'leased' THEN 'sending' ELSE j.state END, j.hold_reason,
  coalesce(nullif(j.last_reply, ''), q.reply, ''), coalesce(d.name, '')
FROM job j LEFT JOIN domain d ON d.domain_id = j.domain_id LEFT JOIN queue_destination q ON q.destination = j.destination
WHERE j.destination NOT IN (':sent', '.') AND (j.account_id = 0 AND $2::boolean
    OR EXISTS (SELECT 1 FROM account_tree t WHERE t.ancestor_id = $1::bigint AND t.account_id = j.account_id))
  AND ($3::bigint = 0 OR j.job_id = $3::bigint) AND j.job_id > $4::bigint
  AND ($5::text = '' OR d.name = $5::text)
  AND (cardinality($6::text[]) = 0 OR d.name = ANY ($6::text[]))
  AND ($7::text = '' OR j.destination = lower($7::text))
  AND ($8::text = '' OR $8::text = CASE j.state WHEN 'ready' THEN 'waiting' WHEN 'leased' THEN 'sending' ELSE j.state END)
  AND (NOT $9::boolean OR $10::text = CASE WHEN j.state = 'held' THEN j.hold_reason
    ELSE coalesce(nullif(j.last_reply, ''), q.reply, '') END)
  AND ($11::text = '' OR lower(j.rcpt) = lower($11::text) OR lower(j.mail_from) = lower($11::text))
  AND ($13::text = '' OR lower(j.mail_from) = lower($13::text))
ORDER BY j.job_id LIMIT $12::bigint;

-- name: queue_groups
-- roles: web
-- The words are those of the newest attempt at one of them: what they have in common is the reason.
SELECT g.destination, g.shown, g.reason, g.n, g.oldest_at, g.next_at, coalesce((
    SELECT e.text FROM event e WHERE g.shown <> 'held' AND e.trace_id = g.trace_id AND e.rcpt = g.rcpt
      AND e.name = 'message.deferred' ORDER BY e.seq DESC LIMIT 1), ''),
  EXISTS (SELECT 1 FROM queue_pause p WHERE p.kind = 'destination' AND p.value = g.destination)
FROM (
SELECT j.destination, CASE j.state WHEN 'ready' THEN 'waiting' WHEN 'leased' THEN 'sending' ELSE j.state END AS shown,
  CASE WHEN j.state = 'held' THEN j.hold_reason ELSE coalesce(nullif(j.last_reply, ''), q.reply, '') END AS reason,
  count(*) AS n, min(j.created_at) AS oldest_at,
  min(CASE WHEN j.state = 'ready' THEN greatest(j.next_at, q.not_before) ELSE j.next_at END) AS next_at,
  (array_agg(j.trace_id ORDER BY j.attempts DESC, j.job_id))[1] AS trace_id,
  (array_agg(j.rcpt ORDER BY j.attempts DESC, j.job_id))[1] AS rcpt
FROM job j LEFT JOIN domain d ON d.domain_id = j.domain_id LEFT JOIN queue_destination q ON q.destination = j.destination
WHERE j.destination NOT IN (':sent', '.') AND (j.account_id = 0 AND $2::boolean
    OR EXISTS (SELECT 1 FROM account_tree t WHERE t.ancestor_id = $1::bigint AND t.account_id = j.account_id))
  AND ($3::text = '' OR d.name = $3::text)
  AND (cardinality($4::text[]) = 0 OR d.name = ANY ($4::text[]))
GROUP BY 1, 2, 3 ORDER BY n DESC, 1, 2, 3 LIMIT $5::bigint
) AS g ORDER BY g.n DESC, 1, 2, 3;

-- name: queue_retry
-- roles: web
-- At once, whatever the destination's rest. What its sender may still take back waits for its time.
WITH hit AS (
  UPDATE job SET state = 'ready', next_at = now() WHERE job_id = ANY ($1::bigint[]) AND state IN ('ready', 'waiting')
    AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.trace_id = job.trace_id AND o.send_at > now())
  RETURNING trace_id, job_id, destination
), up AS (
  UPDATE queue_destination q SET not_before = now() FROM hit WHERE q.destination = hit.destination
)
SELECT job_id FROM hit;

-- name: queue_hold
-- roles: web
-- One that is being delivered is held when it comes back.
UPDATE job SET state = CASE WHEN state = 'leased' THEN state ELSE 'held' END, hold_reason = 'manual'
WHERE job_id = ANY ($1::bigint[]) AND hold_reason = '' RETURNING job_id;

-- name: queue_release
-- roles: web
UPDATE job SET state = CASE WHEN state = 'leased' THEN state WHEN w.send_at > now() THEN 'waiting' ELSE 'ready' END,
  hold_reason = '', next_at = greatest(now(), w.send_at)
FROM (SELECT j.job_id, o.send_at FROM job j LEFT JOIN outbox o ON o.trace_id = j.trace_id WHERE j.job_id = ANY ($1::bigint[])) AS w
WHERE job.job_id = w.job_id AND job.hold_reason <> '' RETURNING job.job_id;

-- name: queue_remove
-- roles: web
-- Not what is being delivered at this moment.
WITH gone AS (
  DELETE FROM job WHERE job_id = ANY ($1::bigint[]) AND state <> 'leased' RETURNING job_id, blob_id, trace_id
), fewer AS (
  UPDATE outbox o SET jobs = o.jobs - g.n FROM (SELECT trace_id, count(*) AS n FROM gone GROUP BY 1) AS g
  WHERE o.trace_id = g.trace_id
), collect AS (
  INSERT INTO blob_gc (mailbox_id, blob_id, not_before) SELECT DISTINCT 0, blob_id, now() + interval '1 hour' FROM gone
  ON CONFLICT (mailbox_id, blob_id) DO UPDATE SET not_before = excluded.not_before
)
SELECT job_id FROM gone;

-- name: queue_event
-- roles: web
-- What a person did with jobs, for their trace.
INSERT INTO event (trace_id, seq, domain_id, mailbox_id, mail_from, rcpt, name, text)
SELECT e.trace_id, (extract(epoch FROM clock_timestamp()) * 1000)::bigint * 1048576 + e.job_id % 1048576, nullif(e.domain_id, 0),
  nullif(e.mailbox_id, 0), e.mail_from, e.rcpt, $7::text, $8::text
FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[])
  AS e (trace_id, job_id, domain_id, mailbox_id, mail_from, rcpt)
ON CONFLICT DO NOTHING;

-- name: hold_notice_list
-- roles: web
-- Mailboxes below an account whose mail is held because of a limit.
SELECT m.localpart || '@' || d.name, h.reason, h.held_at,
  (SELECT count(*) FROM job j WHERE j.mailbox_id = h.mailbox_id AND j.state = 'held')
FROM hold_notice h JOIN mailbox m ON m.mailbox_id = h.mailbox_id JOIN domain d ON d.domain_id = m.domain_id
  JOIN account_tree t ON t.account_id = d.account_id
WHERE t.ancestor_id = $1::bigint AND EXISTS (SELECT 1 FROM job j WHERE j.mailbox_id = h.mailbox_id AND j.state = 'held')
ORDER BY h.held_at DESC LIMIT $2::bigint;

-- name: hold_notice_due
-- roles: send
SELECT h.mailbox_id, h.account_id, h.reason, (hold_contact(h.mailbox_id)).*, (SELECT count(*) FROM job j
  WHERE j.mailbox_id = h.mailbox_id AND j.state = 'held')
FROM hold_notice h WHERE h.told_at IS NULL ORDER BY h.held_at LIMIT $1::bigint;

-- name: hold_notice_told
-- roles: send
UPDATE hold_notice SET told_at = now() WHERE mailbox_id = $1::bigint;

-- name: send_count_forget
-- roles: send
DELETE FROM send_count WHERE hour < floor(extract(epoch FROM now()) / 3600) - 26;

-- name: sent_state
-- roles: web
SELECT rcpt, state, text, at FROM sent_state($1::bigint, $2::text);

-- name: queue_senders
-- roles: web
-- Who waits for something, the most first.
SELECT j.mail_from, count(*) AS n, count(*) FILTER (WHERE j.state = 'held'), min(j.created_at),
  EXISTS (SELECT 1 FROM queue_pause p WHERE p.kind = 'sender' AND p.value = lower(j.mail_from))
FROM job j LEFT JOIN domain d ON d.domain_id = j.domain_id
WHERE j.destination NOT IN (':sent', '.') AND j.mail_from <> '' AND (j.account_id = 0 AND $2::boolean
    OR EXISTS (SELECT 1 FROM account_tree t WHERE t.ancestor_id = $1::bigint AND t.account_id = j.account_id))
  AND (cardinality($3::text[]) = 0 OR d.name = ANY ($3::text[]))
GROUP BY j.mail_from ORDER BY n DESC, 1 LIMIT $4::bigint;

-- name: pause_list
-- roles: web
SELECT p.kind, p.value, p.reason, p.paused_by, p.paused_at FROM queue_pause p
WHERE p.kind = 'destination' OR EXISTS (
  SELECT 1 FROM account_tree t WHERE t.ancestor_id = $1::bigint AND t.account_id = p.account_id)
ORDER BY p.paused_at DESC, p.kind, p.value LIMIT $2::bigint;

-- name: pause_set
-- roles: web
INSERT INTO queue_pause (kind, value, account_id, reason, paused_by) VALUES ($1::text, $2::text, $3::bigint, $4::text, $5::text)
ON CONFLICT (kind, value) DO UPDATE SET reason = excluded.reason, paused_by = excluded.paused_by, paused_at = now();

-- name: pause_end
-- roles: web
DELETE FROM queue_pause WHERE kind = $1::text AND value = $2::text RETURNING account_id, reason;

-- name: pause_hold
-- roles: web
-- What a sender has waiting; one that is being delivered is held when it comes back.
UPDATE job SET state = CASE WHEN state = 'leased' THEN state ELSE 'held' END, hold_reason = 'paused'
WHERE lower(mail_from) = $1::text AND mailbox_id IS NOT NULL AND hold_reason = '';

-- name: pause_release
-- roles: web
UPDATE job SET state = CASE WHEN state = 'leased' THEN state WHEN next_at > now() THEN 'waiting' ELSE 'ready' END, hold_reason = ''
WHERE lower(mail_from) = $1::text AND hold_reason = 'paused';
