-- Recipients: domains that are other names of a domain, suspension by switch for accounts and domains too, and postmaster@ and
-- abuse@ that somebody reads.

-- A domain with alias_of has no mailboxes and aliases of its own: mail for x@it goes to x@ the other one. Never a chain.
ALTER TABLE domain ADD COLUMN alias_of bigint REFERENCES domain, ADD CONSTRAINT domain_alias_other CHECK (alias_of <> domain_id);
CREATE INDEX domain_alias_of ON domain (alias_of) WHERE alias_of IS NOT NULL;

-- The four switches of a mailbox, for all of a domain or of an account and what lies below it. They end by themselves with
-- suspend_until; suspended_at stands for the first three at once.
ALTER TABLE domain
  ADD COLUMN no_login boolean NOT NULL DEFAULT false, ADD COLUMN no_send boolean NOT NULL DEFAULT false,
  ADD COLUMN no_receive boolean NOT NULL DEFAULT false, ADD COLUMN hold_out boolean NOT NULL DEFAULT false,
  ADD COLUMN suspend_reason text NOT NULL DEFAULT '' CHECK (length(suspend_reason) <= 500), ADD COLUMN suspend_until timestamptz;
ALTER TABLE account
  ADD COLUMN no_login boolean NOT NULL DEFAULT false, ADD COLUMN no_send boolean NOT NULL DEFAULT false,
  ADD COLUMN no_receive boolean NOT NULL DEFAULT false, ADD COLUMN hold_out boolean NOT NULL DEFAULT false,
  ADD COLUMN suspend_reason text NOT NULL DEFAULT '' CHECK (length(suspend_reason) <= 500), ADD COLUMN suspend_until timestamptz;

-- Every mailbox under each name of its domain, with what holds for it after all switches. Only the functions below read it.
CREATE VIEW directory_mailboxes AS
SELECT n.name AS under, m.local_key, n.domain_id AS under_id, m.mailbox_id, m.domain_id, d.account_id,
  m.localpart || '@' || d.name AS address, m.name, m.quota_bytes,
  (SELECT coalesce(sum(f.size_bytes), 0)::bigint FROM folder f WHERE f.mailbox_id = m.mailbox_id) AS used_bytes,
  m.no_login OR (dl.live AND d.no_login) OR (nl.live AND n.no_login) OR a.no_login AS no_login,
  m.no_send OR (dl.live AND d.no_send) OR (nl.live AND n.no_send) OR a.no_send AS no_send,
  m.no_receive OR (dl.live AND d.no_receive) OR (nl.live AND n.no_receive) OR a.no_receive AS no_receive,
  m.hold_out OR (dl.live AND d.hold_out) OR (nl.live AND n.hold_out) OR a.hold_out AS hold_out,
  (dl.live AND d.suspended_at IS NOT NULL) OR (nl.live AND n.suspended_at IS NOT NULL) OR a.suspended AS suspended
FROM domain n JOIN domain d ON d.domain_id = coalesce(n.alias_of, n.domain_id) JOIN mailbox m ON m.domain_id = d.domain_id
CROSS JOIN LATERAL (SELECT d.suspend_until IS NULL OR d.suspend_until > now() AS live) AS dl
CROSS JOIN LATERAL (SELECT n.suspend_until IS NULL OR n.suspend_until > now() AS live) AS nl
CROSS JOIN LATERAL (
  SELECT coalesce(bool_or(u.no_login), false) AS no_login, coalesce(bool_or(u.no_send), false) AS no_send,
    coalesce(bool_or(u.no_receive), false) AS no_receive, coalesce(bool_or(u.hold_out), false) AS hold_out,
    coalesce(bool_or(u.suspended_at IS NOT NULL), false) AS suspended
  FROM account_tree t JOIN account u ON u.account_id = t.ancestor_id
  WHERE t.account_id = d.account_id AND (u.suspend_until IS NULL OR u.suspend_until > now())
) AS a
WHERE m.deleted_at IS NULL;

CREATE OR REPLACE FUNCTION app_suspended(p_account bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT 1 FROM account_tree t JOIN account a ON a.account_id = t.ancestor_id
                 WHERE t.account_id = p_account AND a.suspended_at IS NOT NULL
                   AND (a.suspend_until IS NULL OR a.suspend_until > now()));
END $$;

CREATE OR REPLACE FUNCTION directory_mailbox(p_local text, p_domain text) RETURNS SETOF directory_entry
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT 'M'::"char", v.mailbox_id, v.domain_id, v.account_id, v.address, v.name, v.quota_bytes, v.used_bytes,
      v.no_login, v.no_send, v.no_receive, v.hold_out, v.suspended, ''
    FROM directory_mailboxes v WHERE v.under = p_domain AND v.local_key = normalize(lower(p_local));
END $$;

-- Who reads mail for postmaster@ and abuse@ that nobody has claimed (RFC 5321 section 4.5.1, RFC 2142): the domain's postmaster,
-- its oldest mailbox, the same of the other domains of its account, then of the accounts above, at last the server's oldest
-- mailbox. Domain '' is the server. Somebody whose mailbox takes no mail is passed over.
CREATE FUNCTION directory_postmaster(p_domain text) RETURNS SETOF directory_entry
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_mailbox bigint;
BEGIN
  SELECT m.mailbox_id INTO v_mailbox
    FROM (
      SELECT d.domain_id, 0 AS distance FROM domain n JOIN domain d ON d.domain_id = coalesce(n.alias_of, n.domain_id)
        WHERE n.name = p_domain
      UNION ALL
      SELECT d.domain_id, 1 + t.depth FROM domain n JOIN account_tree t ON t.account_id = n.account_id
        JOIN domain d ON d.account_id = t.ancestor_id
        WHERE n.name = p_domain
      UNION ALL
      SELECT d.domain_id, 1000 FROM account a JOIN domain d ON d.account_id = a.account_id WHERE a.parent_id IS NULL
    ) AS near JOIN mailbox m ON m.domain_id = near.domain_id
    WHERE m.deleted_at IS NULL AND NOT m.no_receive
    ORDER BY near.distance, m.local_key <> 'postmaster', m.mailbox_id LIMIT 1;
  IF v_mailbox IS NULL THEN
    SELECT m.mailbox_id INTO v_mailbox FROM mailbox m WHERE m.deleted_at IS NULL AND NOT m.no_receive
      ORDER BY m.mailbox_id LIMIT 1;
  END IF;
  RETURN QUERY SELECT * FROM directory_mailbox_by_id(v_mailbox);
END $$;

-- As it was, for domains under all their names.
CREATE OR REPLACE FUNCTION directory_walk(p_local text, p_domain text) RETURNS SETOF directory_entry
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  locals  text[] := ARRAY[normalize(p_local)];
  domains text[] := ARRAY[p_domain];
  depths  int[]  := ARRAY[0];
  opened  bigint[] := '{}';
  given   bigint[] := '{}';
  remotes text[] := '{}';
  n_out   int := 0;
  i       int := 1;
  v_domain bigint;
  v_base  text;
  v_tag   text;
  v_key   text;
  v_alias record;
  entry   directory_entry;
BEGIN
  WHILE i <= cardinality(locals) AND n_out < 100 LOOP
    SELECT coalesce(d.alias_of, d.domain_id) INTO v_domain FROM domain d WHERE d.name = domains[i];
    IF v_domain IS NULL THEN
      IF i = 1 THEN
        EXIT;
      END IF;
      IF NOT locals[i] || '@' || domains[i] = ANY (remotes) THEN
        entry := NULL;
        entry.kind := 'R';
        entry.address := locals[i] || '@' || domains[i];
        remotes := remotes || entry.address;
        RETURN NEXT entry;
        n_out := n_out + 1;
      END IF;
      i := i + 1;
      CONTINUE;
    END IF;

    v_base := split_part(lower(locals[i]), '+', 1);
    v_tag := CASE WHEN position('+' IN locals[i]) > 1 THEN substr(locals[i], position('+' IN locals[i]) + 1) END;
    FOREACH v_key IN ARRAY CASE WHEN v_tag IS NULL THEN ARRAY[lower(locals[i]), '']
                                ELSE ARRAY[lower(locals[i]), v_base, ''] END LOOP
      SELECT * INTO v_alias FROM alias a
        WHERE a.domain_id = v_domain AND a.local_key = v_key AND NOT a.alias_id = ANY (opened);
      IF FOUND AND depths[i] < 10 THEN
        opened := opened || v_alias.alias_id;
        FOR k IN 1 .. cardinality(v_alias.targets) LOOP
          EXIT WHEN cardinality(locals) >= 200;
          locals := locals || substring(v_alias.targets[k] FROM '^(.*)@[^@]*$');
          domains := domains || lower(substring(v_alias.targets[k] FROM '@([^@]*)$'));
          depths := depths || (depths[i] + 1);
        END LOOP;
        EXIT;
      END IF;
      SELECT * INTO entry FROM directory_mailbox(v_key, domains[i]);
      IF FOUND THEN
        IF NOT entry.mailbox_id = ANY (given) THEN
          given := given || entry.mailbox_id;
          entry.detail := CASE WHEN v_key = v_base THEN coalesce(v_tag, '') ELSE '' END;
          RETURN NEXT entry;
          n_out := n_out + 1;
        END IF;
        EXIT;
      END IF;
    END LOOP;
    i := i + 1;
  END LOOP;

  IF n_out = 0 AND lower(p_local) IN ('postmaster', 'abuse')
      AND (p_domain = '' OR EXISTS (SELECT 1 FROM domain d WHERE d.name = p_domain)) THEN
    FOR entry IN SELECT * FROM directory_postmaster(p_domain) LOOP
      RETURN NEXT entry;
      n_out := 1;
    END LOOP;
  END IF;
  IF n_out = 0 AND (v_domain IS NOT NULL OR i > 1) THEN
    entry := NULL;
    entry.kind := '-';
    RETURN NEXT entry;
  END IF;
END $$;

CREATE OR REPLACE FUNCTION directory_resolve(p_local text, p_domain text) RETURNS SETOF directory_entry
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT 'M'::"char", v.mailbox_id, v.domain_id, v.account_id, v.address, v.name, v.quota_bytes, v.used_bytes,
      v.no_login, v.no_send, v.no_receive, v.hold_out, v.suspended, ''
    FROM directory_mailboxes v
    WHERE v.under = p_domain AND v.local_key = normalize(lower(p_local))
      AND NOT EXISTS (SELECT 1 FROM alias a WHERE a.domain_id = v.domain_id AND a.local_key = v.local_key);
  IF NOT FOUND THEN
    RETURN QUERY SELECT * FROM directory_walk(p_local, p_domain);
  END IF;
END $$;

-- Mail that was refused or sent has no row in message_meta to be found by.
CREATE INDEX event_message_id ON event ((evidence ->> 'message_id'))
  WHERE evidence ? 'message_id' AND name NOT IN ('message.delivered', 'message.junked');
