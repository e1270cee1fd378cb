-- Mail that waits for its time, and what people pause.

-- A message that its sender may still take back: its jobs wait until send_at, recipients of our own among them. Jobs that were
-- removed from the queue are not counted any more.
CREATE TABLE outbox (
  mailbox_id bigint NOT NULL,          -- the sender's
  trace_id   uuid NOT NULL UNIQUE,
  send_at    timestamptz NOT NULL,
  jobs       integer NOT NULL,
  subject    text NOT NULL,
  to_text    text NOT NULL,
  made_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (mailbox_id, trace_id)
);

-- How a person sends. No row: the defaults.
CREATE TABLE send_setting (
  mailbox_id bigint PRIMARY KEY REFERENCES mailbox ON DELETE CASCADE,
  undo_s     smallint NOT NULL DEFAULT 10 CHECK (undo_s BETWEEN 0 AND 60),
  zone       text NOT NULL DEFAULT ''  -- "Europe/Berlin"; empty: UTC
);

-- Takes a message back, all of it or nothing. Its jobs are locked first, and only then is the clock read: before send_at nobody has
-- had one in his hands, not even somebody who died with it. Too late is a unique violation, which undoes what is committed with it.
CREATE FUNCTION outbox_cancel(p_mailbox bigint, p_trace uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_box  outbox;
  v_jobs bigint;
BEGIN
  SELECT * INTO v_box FROM outbox WHERE mailbox_id = p_mailbox AND trace_id = p_trace FOR UPDATE;
  SELECT count(*) INTO v_jobs FROM (
    SELECT FROM job WHERE blob_id = p_trace AND state <> 'leased' AND attempts = 0 ORDER BY job_id FOR UPDATE) AS j;
  IF v_box.jobs IS NULL OR v_box.jobs <> v_jobs OR clock_timestamp() >= v_box.send_at THEN
    RAISE unique_violation USING MESSAGE = 'too late';
  END IF;
  INSERT INTO event (trace_id, seq, domain_id, mailbox_id, mail_from, rcpt, name, text)
    SELECT p_trace, (extract(epoch FROM clock_timestamp()) * 1000)::bigint * 1048576 + j.job_id % 1048576,
      (SELECT m.domain_id FROM mailbox m WHERE m.mailbox_id = p_mailbox), p_mailbox, j.mail_from, j.rcpt, 'message.cancelled',
      'Taken back by the sender before it was sent.'
    FROM job j WHERE j.blob_id = p_trace AND j.destination <> ':sent';
  DELETE FROM job WHERE blob_id = p_trace;
  DELETE FROM outbox WHERE mailbox_id = p_mailbox AND trace_id = p_trace;
  INSERT INTO blob_gc (mailbox_id, blob_id, not_before) VALUES (0, p_trace, now() + interval '1 hour')
    ON CONFLICT (mailbox_id, blob_id) DO UPDATE SET not_before = excluded.not_before;
END $$;

-- What a mailbox may still take back, the next one first.
CREATE FUNCTION outbox_list(p_mailbox bigint)
RETURNS TABLE (trace_id uuid, send_at timestamptz, made_at timestamptz, subject text, to_text text, held boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT o.trace_id, o.send_at, o.made_at, o.subject, o.to_text,
      EXISTS (SELECT FROM job j WHERE j.blob_id = o.trace_id AND j.state = 'held')
    FROM outbox o WHERE o.mailbox_id = p_mailbox AND o.send_at > now() ORDER BY o.send_at LIMIT 500;
END $$;

-- A wall clock's time in a zone; NULL: there is no such zone.
CREATE FUNCTION zone_time(p_local timestamp, p_zone text) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
BEGIN
  RETURN p_local AT TIME ZONE coalesce(nullif(p_zone, ''), 'UTC');
EXCEPTION WHEN invalid_parameter_value THEN
  RETURN NULL;
END $$;

-- ------------------------------------------------------------------ pauses

-- A destination that nothing is delivered to, or a sender whose mail is held, until somebody resumes it.
CREATE TABLE queue_pause (
  kind       text NOT NULL CHECK (kind IN ('destination', 'sender')),
  value      text NOT NULL CHECK (value = lower(value) AND length(value) BETWEEN 1 AND 320),
  account_id bigint NOT NULL REFERENCES account ON DELETE CASCADE, -- whose sender; of a destination: the server's owner
  reason     text NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
  paused_by  text NOT NULL,
  paused_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (kind, value)
);
ALTER TABLE queue_pause ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- Everybody's mail asks this when it becomes a job.
CREATE FUNCTION sender_is_paused(p_sender text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM queue_pause WHERE kind = 'sender' AND value = lower(p_sender));
END $$;

CREATE OR REPLACE FUNCTION hold_text(p_reason text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE p_reason
    WHEN 'mailbox_hour' THEN 'Held: this mailbox has sent more in the last hour than its limit allows.'
    WHEN 'mailbox_day'  THEN 'Held: this mailbox has sent more in the last day than its limit allows.'
    WHEN 'domain_hour'  THEN 'Held: the domain has sent more in the last hour than its limit allows.'
    WHEN 'domain_day'   THEN 'Held: the domain has sent more in the last day than its limit allows.'
    WHEN 'account_hour' THEN 'Held: the account has sent more in the last hour than its limit allows.'
    WHEN 'account_day'  THEN 'Held: the account has sent more in the last day than its limit allows.'
    WHEN 'hold_out'     THEN 'Held: outgoing mail of this mailbox is being held.'
    WHEN 'paused'       THEN 'Held: this sender is paused.'
    ELSE 'Held by hand.' END $$;
