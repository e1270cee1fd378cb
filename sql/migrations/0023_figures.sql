-- Figures: what happened in each hour, by domain and the account it belonged to then. Roles count in memory and add in batches.
-- domain_id 0, account_id NULL: the server.
CREATE TABLE figure (
  domain_id       bigint NOT NULL,
  hour            timestamptz NOT NULL,
  account_id      bigint,
  received        bigint NOT NULL DEFAULT 0,
  junk            bigint NOT NULL DEFAULT 0,
  refused_unknown bigint NOT NULL DEFAULT 0,
  refused_full    bigint NOT NULL DEFAULT 0,
  refused_policy  bigint NOT NULL DEFAULT 0,
  submitted       bigint NOT NULL DEFAULT 0,
  sent            bigint NOT NULL DEFAULT 0,
  deferred        bigint NOT NULL DEFAULT 0,
  bounced         bigint NOT NULL DEFAULT 0,
  logins          bigint NOT NULL DEFAULT 0,
  logins_failed   bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (domain_id, hour)
) WITH (fillfactor = 70);
CREATE INDEX figure_account ON figure (account_id, hour);
CREATE INDEX figure_age ON figure USING brin (hour);
ALTER TABLE figure ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- What is stored, once a day; today's row is written anew every hour.
CREATE TABLE figure_storage (
  domain_id  bigint NOT NULL,
  day        date NOT NULL,
  account_id bigint NOT NULL,
  mailboxes  bigint NOT NULL,
  messages   bigint NOT NULL,
  size_bytes bigint NOT NULL,
  PRIMARY KEY (domain_id, day)
);
CREATE INDEX figure_storage_account ON figure_storage (account_id, day);
ALTER TABLE figure_storage ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- p_counts: eleven numbers a domain, in the order of the columns. In the order of the domains, so that two roles that add at the
-- same time wait instead of locking each other out. A domain that is gone counts for the server.
CREATE FUNCTION figures_add(p_domains bigint[], p_counts bigint[]) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO figure AS f (domain_id, hour, account_id, received, junk, refused_unknown, refused_full, refused_policy, submitted,
      sent, deferred, bounced, logins, logins_failed)
    SELECT coalesce(d.domain_id, 0), date_trunc('hour', now(), 'UTC'), min(d.account_id), sum(p_counts[i * 11 - 10]),
      sum(p_counts[i * 11 - 9]), sum(p_counts[i * 11 - 8]), sum(p_counts[i * 11 - 7]), sum(p_counts[i * 11 - 6]),
      sum(p_counts[i * 11 - 5]), sum(p_counts[i * 11 - 4]), sum(p_counts[i * 11 - 3]), sum(p_counts[i * 11 - 2]),
      sum(p_counts[i * 11 - 1]), sum(p_counts[i * 11])
    FROM unnest(p_domains) WITH ORDINALITY AS u (id, i) LEFT JOIN domain d ON d.domain_id = u.id
    GROUP BY 1 ORDER BY 1
    ON CONFLICT (domain_id, hour) DO UPDATE SET received = f.received + excluded.received, junk = f.junk + excluded.junk,
      refused_unknown = f.refused_unknown + excluded.refused_unknown, refused_full = f.refused_full + excluded.refused_full,
      refused_policy = f.refused_policy + excluded.refused_policy, submitted = f.submitted + excluded.submitted,
      sent = f.sent + excluded.sent, deferred = f.deferred + excluded.deferred, bounced = f.bounced + excluded.bounced,
      logins = f.logins + excluded.logins, logins_failed = f.logins_failed + excluded.logins_failed;
END $$;

CREATE FUNCTION figures_measure() RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO figure_storage AS s (domain_id, day, account_id, mailboxes, messages, size_bytes)
    SELECT d.domain_id, (now() AT TIME ZONE 'UTC')::date, d.account_id, count(DISTINCT m.mailbox_id),
      coalesce(sum(f.messages), 0), coalesce(sum(f.size_bytes), 0)
    FROM domain d LEFT JOIN mailbox m ON m.domain_id = d.domain_id AND m.deleted_at IS NULL
      LEFT JOIN folder f ON f.mailbox_id = m.mailbox_id AND f.deleted_at IS NULL
    WHERE d.deleted_at IS NULL GROUP BY d.domain_id ORDER BY d.domain_id
    ON CONFLICT (domain_id, day) DO UPDATE SET account_id = excluded.account_id, mailboxes = excluded.mailboxes,
      messages = excluded.messages, size_bytes = excluded.size_bytes;
END $$;

-- How many jobs there are in each state, for monitoring.
CREATE FUNCTION figures_queue() RETURNS TABLE (state text, jobs bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT j.state, count(*) FROM job j GROUP BY j.state;
END $$;
