-- The outbound queue (mailcore/queue/queue.h).

-- name: job_insert
-- roles: mx user web send
-- In the tx that makes the messages durable. What a mailbox sends is counted; beyond its limits it is held. The messages are
-- counted in the order of their accounts, so that two such statements cannot lock each other out. What waits for its time is not
-- late before it.
WITH j AS (
  SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::bigint[], $11::bigint[], $12::boolean[], $13::boolean[], $14::bigint[], $15::timestamptz[], $16::text[])
    WITH ORDINALITY AS t (blob_id, account_id, domain_id, mailbox_id, mail_from, rcpt, original_rcpt, destination, envid, notify,
      ret, smtputf8, body_8bit, priority, not_before, hold_reason, ord)
), counted AS MATERIALIZED (
  SELECT m.blob_id, send_allow(m.account_id, m.domain_id, m.mailbox_id, m.n) AS reason FROM (
    SELECT blob_id, account_id, domain_id, mailbox_id, count(*) AS n FROM j WHERE mailbox_id <> 0 GROUP BY 1, 2, 3, 4
    ORDER BY account_id, domain_id, mailbox_id, blob_id
  ) AS m
), decided AS MATERIALIZED (
  SELECT j.*, coalesce(nullif(j.hold_reason, ''), nullif(c.reason, ''),
    CASE WHEN j.mailbox_id <> 0 AND sender_is_paused(j.mail_from) THEN 'paused' END, '') AS reason
  FROM j LEFT JOIN counted c ON c.blob_id = j.blob_id
), stored AS (
  INSERT INTO job (trace_id, blob_id, account_id, domain_id, mailbox_id, mail_from, rcpt, original_rcpt, destination, envid,
    notify, ret, smtputf8, body_8bit, priority, next_at, created_at, hold_reason, state)
  SELECT blob_id, blob_id, account_id, nullif(domain_id, 0), nullif(mailbox_id, 0), mail_from, rcpt, original_rcpt, destination,
    envid, notify, ret, smtputf8, body_8bit, priority, greatest(not_before, now()),
    greatest(not_before, now()), reason,
    CASE WHEN reason <> '' THEN 'held' WHEN not_before > now() THEN 'waiting' ELSE 'ready' END
  FROM decided ORDER BY ord
)
INSERT INTO event (trace_id, seq, domain_id, mailbox_id, mail_from, rcpt, name, text)
SELECT blob_id, 1000 + ord, nullif(domain_id, 0), nullif(mailbox_id, 0), mail_from, rcpt, 'message.held', hold_text(reason)
FROM decided WHERE reason <> '';

-- name: job_claim
-- roles: send
-- Hops over the destinations of one priority behind $3; each open one gives its oldest jobs. The last column is where the next
-- claim goes on, NULL at the end; there is always a row. What is picked is picked once: within the UPDATE's join a plan from the time
-- when the queue was empty picks again for each row of the table, and leases all of it.
WITH RECURSIVE hop (destination, n) AS (
  (SELECT destination, 1 FROM job WHERE state = 'ready' AND priority = $2::bigint AND destination > $3::text
   ORDER BY destination LIMIT 1)
  UNION ALL
  SELECT (SELECT j.destination FROM job j
          WHERE j.state = 'ready' AND j.priority = $2::bigint AND j.destination > h.destination
          ORDER BY j.destination LIMIT 1), h.n + 1
  FROM hop h WHERE h.destination IS NOT NULL AND h.n < $4::bigint
), open AS MATERIALIZED (
  SELECT h.destination, h.n FROM hop h
  WHERE h.destination IS NOT NULL AND NOT h.destination = ANY ($5::text[])
    AND NOT EXISTS (SELECT 1 FROM queue_destination d WHERE d.destination = h.destination AND d.not_before > now())
    AND NOT EXISTS (SELECT 1 FROM queue_pause p WHERE p.kind = 'destination' AND p.value = h.destination)
  LIMIT $6::bigint
), picked AS MATERIALIZED (
  SELECT p.job_id FROM open o CROSS JOIN LATERAL (
    SELECT j.job_id FROM job j WHERE j.state = 'ready' AND j.priority = $2::bigint AND j.destination = o.destination
    ORDER BY j.job_id LIMIT $7::bigint FOR UPDATE SKIP LOCKED
  ) AS p
), taken AS (
  UPDATE job SET state = 'leased', lease_owner = $1::text, leased_until = now() + make_interval(secs => $8::bigint)
  FROM picked p WHERE job.job_id = p.job_id
  RETURNING job.*
)
SELECT t.job_id, t.trace_id, t.blob_id, t.account_id, coalesce(t.domain_id, 0), coalesce(t.mailbox_id, 0), t.mail_from, t.rcpt,
  t.original_rcpt, t.destination, t.envid, t.notify, t.ret, t.smtputf8, t.body_8bit, t.priority, t.attempts, t.created_at,
  t.next_at, t.delay_told, t.state, t.hold_reason, t.last_reply, a.after
FROM (SELECT CASE WHEN (SELECT count(*) FROM open) >= $6::bigint
             THEN (SELECT destination FROM open ORDER BY n DESC LIMIT 1)
             ELSE (SELECT destination FROM hop ORDER BY n DESC LIMIT 1) END AS after) AS a
  LEFT JOIN taken t ON true
ORDER BY t.destination, t.trace_id, t.mail_from, t.job_id;

-- name: job_claim_old
-- roles: send
-- Jobs that have waited longer than their sender should be left without a word, and are not about to be tried: their destination
-- is down, or (for a first word) an attempt has failed. What nobody could try, because we were away, is tried first.
WITH expired AS (
  SELECT job_id FROM job j WHERE state IN ('ready', 'waiting') AND created_at < now() - make_interval(secs => $2::bigint)
    AND EXISTS (SELECT 1 FROM queue_destination q WHERE q.destination = j.destination AND q.not_before > now())
  ORDER BY created_at LIMIT $4::bigint FOR UPDATE SKIP LOCKED
), untold AS (
  SELECT job_id FROM job j WHERE state IN ('ready', 'waiting') AND NOT delay_told
    AND created_at < now() - make_interval(secs => $3::bigint)
    AND (attempts > 0 OR EXISTS (SELECT 1 FROM queue_destination q WHERE q.destination = j.destination AND q.not_before > now()))
  ORDER BY created_at LIMIT $4::bigint FOR UPDATE SKIP LOCKED
), due AS (
  SELECT job_id FROM expired UNION SELECT job_id FROM untold
), taken AS (
  UPDATE job SET state = 'leased', lease_owner = $1::text, leased_until = now() + make_interval(secs => $5::bigint)
  FROM due WHERE job.job_id = due.job_id AND job.state <> 'leased'
  RETURNING job.*
)
SELECT t.job_id, t.trace_id, t.blob_id, t.account_id, coalesce(t.domain_id, 0), coalesce(t.mailbox_id, 0), t.mail_from, t.rcpt,
  t.original_rcpt, t.destination, t.envid, t.notify, t.ret, t.smtputf8, t.body_8bit, t.priority, t.attempts, t.created_at,
  t.next_at, t.delay_told, t.state, t.hold_reason, coalesce(nullif(t.last_reply, ''), d.reply, '')
FROM taken t LEFT JOIN queue_destination d ON d.destination = t.destination
ORDER BY t.destination, t.trace_id, t.mail_from, t.job_id;

-- name: job_wake
-- roles: send
WITH due AS (
  SELECT job_id FROM job WHERE state = 'waiting' AND next_at <= now() ORDER BY next_at LIMIT $1::bigint FOR UPDATE SKIP LOCKED
), lost AS (
  SELECT job_id FROM job WHERE state = 'leased' AND leased_until <= now()
  ORDER BY leased_until LIMIT $1::bigint FOR UPDATE SKIP LOCKED
), woken AS (
  UPDATE job SET state = CASE WHEN hold_reason <> '' THEN 'held' ELSE 'ready' END, lease_owner = NULL, leased_until = NULL
  FROM (SELECT job_id FROM due UNION ALL SELECT job_id FROM lost) AS d WHERE job.job_id = d.job_id RETURNING 1
)
SELECT (SELECT count(*) FROM woken),
  (extract(epoch FROM least(
    (SELECT next_at FROM job WHERE state = 'waiting' AND next_at > now() ORDER BY next_at LIMIT 1),
    (SELECT leased_until FROM job WHERE state = 'leased' AND leased_until > now() ORDER BY leased_until LIMIT 1),
    (SELECT min(not_before) FROM queue_destination WHERE not_before > now())) - now()) * 1000)::bigint;

-- name: job_settle
-- roles: send
-- Outcomes ('S'ent, 'L'ater, 'F'ailed) of jobs that $1 still holds, and their events.
WITH item AS (
  SELECT * FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::boolean[], $7::text[], $8::text[], $9::text[])
    AS i (job_id, outcome, reply, wait_ms, told, name, text, evidence)
), mine AS MATERIALIZED (
  SELECT j.job_id, j.trace_id, j.blob_id, j.domain_id, j.mailbox_id, j.mail_from, j.rcpt
  FROM job j WHERE j.job_id = ANY ($2::bigint[]) AND j.state = 'leased' AND j.lease_owner = $1::text
  ORDER BY j.job_id FOR UPDATE
), gone AS (
  DELETE FROM job j USING item i, mine m WHERE j.job_id = i.job_id AND m.job_id = i.job_id AND i.outcome <> 'L'
), later AS (
  UPDATE job j SET state = CASE WHEN j.hold_reason <> '' THEN 'held' ELSE 'waiting' END, attempts = j.attempts + 1,
    next_at = now() + make_interval(secs => i.wait_ms / 1000.0), lease_owner = NULL, leased_until = NULL, last_reply = i.reply,
    delay_told = j.delay_told OR i.told
  FROM item i, mine m WHERE j.job_id = i.job_id AND m.job_id = i.job_id AND i.outcome = 'L'
), collect AS (
  INSERT INTO blob_gc (mailbox_id, blob_id, not_before)
  SELECT DISTINCT 0, m.blob_id, now() + interval '1 hour' FROM mine m JOIN item i ON i.job_id = m.job_id WHERE i.outcome <> 'L'
  ORDER BY m.blob_id
  ON CONFLICT (mailbox_id, blob_id) DO UPDATE SET not_before = excluded.not_before
)
INSERT INTO event (trace_id, seq, domain_id, mailbox_id, mail_from, rcpt, name, text, evidence)
SELECT m.trace_id, (extract(epoch FROM clock_timestamp()) * 1000)::bigint * 1048576 + m.job_id % 1048576, m.domain_id,
  m.mailbox_id, m.mail_from, m.rcpt, i.name, i.text, nullif(i.evidence, '')::jsonb
FROM mine m JOIN item i ON i.job_id = m.job_id WHERE i.name <> ''
ON CONFLICT DO NOTHING;

-- name: job_unclaim
-- roles: send
UPDATE job SET state = CASE WHEN hold_reason <> '' THEN 'held' ELSE 'ready' END, lease_owner = NULL, leased_until = NULL
WHERE state = 'leased' AND lease_owner = $1::text AND job_id = ANY ($2::bigint[]);

-- name: job_unclaim_all
-- roles: send
-- Everything whose holder's name begins with $1.
UPDATE job SET state = CASE WHEN hold_reason <> '' THEN 'held' ELSE 'ready' END, lease_owner = NULL, leased_until = NULL
WHERE state = 'leased' AND starts_with(lease_owner, $1::text);

-- name: job_renew
-- roles: send
UPDATE job SET leased_until = now() + make_interval(secs => $2::bigint)
WHERE state = 'leased' AND lease_owner = $1::text AND leased_until < now() + make_interval(secs => $2::bigint / 2);

-- name: destination_down
-- roles: send
INSERT INTO queue_destination AS q (destination, not_before, reply)
VALUES ($1::text, now() + make_interval(secs => $2::bigint / 1000.0), $3::text)
ON CONFLICT (destination) DO UPDATE
  SET failures = q.failures + 1, not_before = excluded.not_before, reply = excluded.reply, changed_at = now();

-- name: destination_up
-- roles: send
DELETE FROM queue_destination WHERE destination = $1::text;

-- name: destination_list
-- roles: send
SELECT destination, failures FROM queue_destination ORDER BY changed_at DESC LIMIT $1::bigint;

-- name: destination_paused
-- roles: send
SELECT value FROM queue_pause WHERE kind = 'destination' ORDER BY value LIMIT $1::bigint;
