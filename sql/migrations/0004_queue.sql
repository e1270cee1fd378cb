-- The outbound queue: what mailcore/queue/queue.h promises, limits on sending, and sender rewriting.

-- ------------------------------------------------------------------ jobs

ALTER TABLE job
  ADD priority      smallint NOT NULL DEFAULT 0 CHECK (priority IN (0, 1)), -- 0 a person's, 1 bulk
  ADD domain_id     bigint,            -- of ours, whose mail it is: the sender's, or the forwarding alias'
  ADD original_rcpt text NOT NULL DEFAULT '',
  ADD envid         text NOT NULL DEFAULT '',
  ADD notify        smallint NOT NULL DEFAULT 0,
  ADD ret           smallint NOT NULL DEFAULT 0 CHECK (ret BETWEEN 0 AND 2),
  ADD smtputf8      boolean NOT NULL DEFAULT false,
  ADD body_8bit     boolean NOT NULL DEFAULT false,
  ADD delay_told    boolean NOT NULL DEFAULT false,
  ADD hold_reason   text NOT NULL DEFAULT '',
  DROP CONSTRAINT job_state_check,
  ADD CONSTRAINT job_state_check CHECK (state IN ('ready', 'waiting', 'leased', 'held')),
  SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500);

-- A claim hops through job_ready from destination to destination.
DROP INDEX job_due;
CREATE INDEX job_ready ON job (priority, destination, job_id) WHERE state = 'ready';
CREATE INDEX job_due ON job (next_at) WHERE state = 'waiting';
CREATE INDEX job_lease ON job (leased_until) WHERE state = 'leased';
CREATE INDEX job_old ON job (created_at) WHERE state IN ('ready', 'waiting');
CREATE INDEX job_untold ON job (created_at) WHERE state IN ('ready', 'waiting') AND NOT delay_told;
CREATE INDEX job_account ON job (account_id, job_id);
CREATE INDEX job_mailbox ON job (mailbox_id) WHERE mailbox_id IS NOT NULL;

-- A destination that is down, for all its jobs. No row: it is not.
CREATE TABLE queue_destination (
  destination text PRIMARY KEY,
  failures    integer NOT NULL DEFAULT 1, -- in a row
  not_before  timestamptz NOT NULL,
  reply       text NOT NULL DEFAULT '',
  changed_at  timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);

-- The steps of a message's trace are numbered at its acceptance from 0; those of its jobs later, by time and job.
ALTER TABLE event ALTER seq TYPE bigint;

-- ------------------------------------------------------------------ limits on sending

-- id 0: for all that have no row of their own. 0: no limit.
CREATE TABLE send_limit (
  scope           text NOT NULL CHECK (scope IN ('account', 'domain', 'mailbox')),
  id              bigint NOT NULL,
  hour_messages   integer NOT NULL CHECK (hour_messages >= 0),
  hour_recipients integer NOT NULL CHECK (hour_recipients >= 0),
  day_messages    integer NOT NULL CHECK (day_messages >= 0),
  day_recipients  integer NOT NULL CHECK (day_recipients >= 0),
  PRIMARY KEY (scope, id)
);
INSERT INTO send_limit VALUES
  ('mailbox', 0,  150,   500,   750,   2000),
  ('domain',  0, 1000,  3000,  5000,  15000),
  ('account', 0, 3000, 10000, 20000,  60000);

CREATE TABLE send_count (
  scope      text NOT NULL,
  id         bigint NOT NULL,
  hour       bigint NOT NULL,          -- hours since 1970
  messages   integer NOT NULL,
  recipients integer NOT NULL,
  PRIMARY KEY (scope, id, hour)
) WITH (fillfactor = 50);
CREATE INDEX send_count_age ON send_count (hour);

-- A mailbox whose mail was held, and whether its people have been told; at most once a day.
CREATE TABLE hold_notice (
  mailbox_id bigint PRIMARY KEY,
  account_id bigint NOT NULL,
  reason     text NOT NULL,
  held_at    timestamptz NOT NULL DEFAULT now(),
  told_at    timestamptz
);

-- Counts a message with its remote recipients for account, domain and mailbox, always in this order, so that two that count at
-- the same time wait instead of locking each other out. Returns why it must be held, or ''. What is held counts too: who goes
-- on sending stays held. The last hour and the last day are weighed: what the running hour has not yet used up of the oldest
-- one still counts.
CREATE FUNCTION send_allow(p_account bigint, p_domain bigint, p_mailbox bigint, p_recipients bigint) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_time   numeric := extract(epoch FROM clock_timestamp()) / 3600;
  v_hour   bigint := floor(v_time);
  v_rest   numeric := 1 - (v_time - floor(v_time));
  v_scopes text[] := ARRAY['account', 'domain', 'mailbox'];
  v_ids    bigint[] := ARRAY[p_account, p_domain, p_mailbox];
  v_limit  send_limit;
  v_hour_messages numeric;
  v_hour_recipients numeric;
  v_day_messages numeric;
  v_day_recipients numeric;
  v_reason text := '';
BEGIN
  FOR i IN 1 .. 3 LOOP
    INSERT INTO send_count AS c (scope, id, hour, messages, recipients)
      VALUES (v_scopes[i], v_ids[i], v_hour, 1, p_recipients)
      ON CONFLICT (scope, id, hour) DO UPDATE
        SET messages = c.messages + 1, recipients = c.recipients + excluded.recipients;
    SELECT * INTO v_limit FROM send_limit l WHERE l.scope = v_scopes[i] AND l.id IN (0, v_ids[i]) ORDER BY l.id DESC LIMIT 1;
    SELECT sum(messages * CASE hour WHEN v_hour THEN 1 WHEN v_hour - 1 THEN v_rest ELSE 0 END),
        sum(recipients * CASE hour WHEN v_hour THEN 1 WHEN v_hour - 1 THEN v_rest ELSE 0 END),
        sum(messages * CASE hour WHEN v_hour - 24 THEN v_rest ELSE 1 END),
        sum(recipients * CASE hour WHEN v_hour - 24 THEN v_rest ELSE 1 END)
      INTO v_hour_messages, v_hour_recipients, v_day_messages, v_day_recipients
      FROM send_count c WHERE c.scope = v_scopes[i] AND c.id = v_ids[i] AND c.hour BETWEEN v_hour - 24 AND v_hour;
    v_reason := CASE
      WHEN v_limit.hour_messages > 0 AND v_hour_messages > v_limit.hour_messages
        OR v_limit.hour_recipients > 0 AND v_hour_recipients > v_limit.hour_recipients THEN v_scopes[i] || '_hour'
      WHEN v_limit.day_messages > 0 AND v_day_messages > v_limit.day_messages
        OR v_limit.day_recipients > 0 AND v_day_recipients > v_limit.day_recipients THEN v_scopes[i] || '_day'
      ELSE v_reason END;
  END LOOP;
  IF v_reason <> '' THEN
    INSERT INTO hold_notice AS h (mailbox_id, account_id, reason) VALUES (p_mailbox, p_account, v_reason)
      ON CONFLICT (mailbox_id) DO UPDATE SET account_id = excluded.account_id, reason = excluded.reason, held_at = now(),
        told_at = NULL
      WHERE h.told_at < now() - interval '1 day';
  END IF;
  RETURN v_reason;
END $$;

-- Why a job is held, in a sentence for its trace.
CREATE FUNCTION hold_text(p_reason text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE p_reason
    WHEN 'mailbox_hour' THEN 'Held: this mailbox has sent more in the last hour than its limit allows.'
    WHEN 'mailbox_day'  THEN 'Held: this mailbox has sent more in the last day than its limit allows.'
    WHEN 'domain_hour'  THEN 'Held: the domain has sent more in the last hour than its limit allows.'
    WHEN 'domain_day'   THEN 'Held: the domain has sent more in the last day than its limit allows.'
    WHEN 'account_hour' THEN 'Held: the account has sent more in the last hour than its limit allows.'
    WHEN 'account_day'  THEN 'Held: the account has sent more in the last day than its limit allows.'
    WHEN 'hold_out'     THEN 'Held: outgoing mail of this mailbox is being held.'
    ELSE 'Held by hand.' END $$;

-- ------------------------------------------------------------------ sender rewriting (SRS)

-- Random bits that a server needs and nobody else may know. They live no longer than the database.
CREATE TABLE server_secret (
  name   text PRIMARY KEY,
  value  bytea NOT NULL,
  made_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO server_secret (name, value)
  SELECT 'srs', decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex');

CREATE FUNCTION srs_secret() RETURNS bytea LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN (SELECT value FROM server_secret WHERE name = 'srs');
END $$;
