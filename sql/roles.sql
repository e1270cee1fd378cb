-- The roles' log-ins, what each may do, and row-level security. Runs after the migrations, again whenever this file changed:
-- everything is taken away first, so what stands here is all there is.
--
--   mailstead_mx    from the world: delivers; reads no mail, no credentials, no panel tables
--   mailstead_user  IMAP, POP3, submission: mail; no panel tables
--   mailstead_web   panel, API, webmail: panel tables by tenant; mail
--   mailstead_send  the outbound queue; delivers bounces; removes blobs that nobody refers to
--   mailstead_keys  alone reads credential.hash and dkim_key.private_key

DO $$
DECLARE
  r text;
  verifier text := nullif(current_setting('mailstead.role_password', true), '');
BEGIN
  FOREACH r IN ARRAY ARRAY['mailstead_mx', 'mailstead_user', 'mailstead_web', 'mailstead_send', 'mailstead_keys'] LOOP
    BEGIN
      IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = r) THEN
        EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE', r);
      END IF;
    EXCEPTION WHEN duplicate_object THEN
      NULL;                            -- another database of this cluster was quicker
    END;
    IF verifier IS NOT NULL THEN
      EXECUTE format('ALTER ROLE %I PASSWORD %L', r, verifier);
    END IF;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), r);
  END LOOP;
END $$;

GRANT USAGE ON SCHEMA public TO mailstead_mx, mailstead_user, mailstead_web, mailstead_send, mailstead_keys;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM mailstead_mx, mailstead_user, mailstead_web, mailstead_send, mailstead_keys;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public
  FROM PUBLIC, mailstead_mx, mailstead_user, mailstead_web, mailstead_send, mailstead_keys;

-- ------------------------------------------------------------------ questions that cross tenants

GRANT EXECUTE ON FUNCTION app_tenant() TO mailstead_mx, mailstead_user, mailstead_web, mailstead_send, mailstead_keys;
GRANT EXECUTE ON FUNCTION directory_domain(text), directory_mailbox(text, text), directory_mailbox_by_id(bigint),
  directory_resolve(text, text), directory_may_send(bigint, text, text), directory_may_post(text, text, text)
  TO mailstead_mx, mailstead_user, mailstead_web, mailstead_send;
GRANT EXECUTE ON FUNCTION app_suspended(bigint), app_find_account(text), app_find_token(bytea), app_used(bigint, text),
  app_full_pool(bigint, text, bigint), app_default_quota(bigint), app_plan_bounds(bigint), app_needs_factor(bigint),
  plan_limit(plan, text) TO mailstead_web;
GRANT EXECUTE ON FUNCTION
  list_mailboxes(bigint, text, text, text, text[], text, boolean, boolean, bigint, text, text, bigint),
  list_aliases(bigint, text, text, text[], text, boolean, boolean, bigint, text, text, bigint),
  list_domains(bigint, text, text, text[], text, boolean, boolean, bigint, text, bigint),
  list_accounts(bigint, text, text, text, text, boolean, boolean, bigint, text, bigint) TO mailstead_web;
GRANT EXECUTE ON FUNCTION tenant_purge(interval, bigint) TO mailstead_send;
GRANT EXECUTE ON FUNCTION directory_dmarc(bigint, text) TO mailstead_mx;

GRANT EXECUTE ON FUNCTION uid_pack(bigint[]) TO mailstead_user, mailstead_web;
GRANT EXECUTE ON FUNCTION mail_quota(bigint) TO mailstead_user, mailstead_web, mailstead_send;

-- ------------------------------------------------------------------ mail

-- Delivering: new rows, and the counters from which UID and MODSEQ come.
GRANT SELECT (mailbox_id, folder_id, role, uidvalidity, uidnext, highestmodseq, messages, unseen, size_bytes, deleted_at),
  UPDATE (uidnext, highestmodseq, messages, unseen, size_bytes) ON folder TO mailstead_mx, mailstead_send;
GRANT INSERT, SELECT (mailbox_id, folder_id, uid, blob_id) ON message TO mailstead_mx, mailstead_send;
GRANT INSERT, SELECT (mailbox_id, blob_id, message_id, thread_id) ON message_meta TO mailstead_mx, mailstead_send;
GRANT INSERT, SELECT (blob_id, place) ON blob TO mailstead_mx;
GRANT INSERT ON blob_gc TO mailstead_mx;
GRANT INSERT ON change_log, event TO mailstead_mx, mailstead_user, mailstead_web, mailstead_send;
GRANT INSERT ON job TO mailstead_mx, mailstead_user, mailstead_web, mailstead_send;

-- The send role files what people have sent.
GRANT SELECT (name, subscribed, first_recent_uid, keywords), UPDATE (keywords) ON folder TO mailstead_send;

-- Reading and changing.
GRANT SELECT, INSERT, UPDATE ON mail_root, folder TO mailstead_user, mailstead_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON message, change_log TO mailstead_user, mailstead_web;
GRANT SELECT, INSERT, DELETE ON message_meta TO mailstead_user, mailstead_web;
GRANT SELECT, INSERT ON blob TO mailstead_user, mailstead_web;
GRANT SELECT, INSERT, UPDATE ON blob_gc TO mailstead_user, mailstead_web, mailstead_send;
GRANT DELETE ON mail_root, folder TO mailstead_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON search_folder, search_segment TO mailstead_user;

-- Sending and housekeeping.
GRANT SELECT, UPDATE, DELETE ON job TO mailstead_send;
GRANT SELECT, INSERT, UPDATE, DELETE ON queue_destination TO mailstead_send;
GRANT SELECT, DELETE ON send_count TO mailstead_send;
GRANT SELECT, UPDATE, DELETE ON hold_notice TO mailstead_send;
GRANT SELECT ON hold_notice TO mailstead_web;
GRANT SELECT, UPDATE (not_before) ON queue_destination TO mailstead_web;
GRANT EXECUTE ON FUNCTION hold_contact(bigint) TO mailstead_send;
GRANT EXECUTE ON FUNCTION sent_state(bigint, text), directory_send_limit(bigint) TO mailstead_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON send_limit TO mailstead_web;
GRANT EXECUTE ON FUNCTION outbox_cancel(bigint, uuid), outbox_list(bigint), zone_time(timestamp, text) TO mailstead_web;
GRANT SELECT, INSERT, DELETE, UPDATE (jobs) ON outbox TO mailstead_web;
GRANT SELECT, INSERT, UPDATE (undo_s, zone) ON send_setting TO mailstead_web;
GRANT SELECT, INSERT, UPDATE (reason, paused_by, paused_at), DELETE ON queue_pause TO mailstead_web;
GRANT SELECT ON queue_pause TO mailstead_send;
GRANT EXECUTE ON FUNCTION sender_is_paused(text) TO mailstead_mx, mailstead_user, mailstead_web, mailstead_send;
GRANT EXECUTE ON FUNCTION send_allow(bigint, bigint, bigint, bigint), hold_text(text), srs_secret()
  TO mailstead_mx, mailstead_user, mailstead_web, mailstead_send;
GRANT SELECT, INSERT, DELETE ON blob TO mailstead_send;
GRANT DELETE ON blob_gc, message_meta TO mailstead_send;
GRANT SELECT, DELETE ON change_log TO mailstead_send;
GRANT SELECT (log_floor), UPDATE (log_floor) ON folder TO mailstead_send;
GRANT SELECT, DELETE ON event TO mailstead_send;
GRANT SELECT (expires_at, seen_at), DELETE ON web_session TO mailstead_send;
GRANT SELECT (at), DELETE ON idempotency TO mailstead_send;

-- ------------------------------------------------------------------ figures

GRANT EXECUTE ON FUNCTION figures_add(bigint[], bigint[]) TO mailstead_mx, mailstead_user, mailstead_web, mailstead_send;
GRANT EXECUTE ON FUNCTION figures_measure() TO mailstead_send;
GRANT EXECUTE ON FUNCTION figures_queue() TO mailstead_web;
GRANT SELECT ON figure, figure_storage TO mailstead_web;
GRANT SELECT (hour), DELETE ON figure TO mailstead_send;
GRANT SELECT (day), DELETE ON figure_storage TO mailstead_send;

-- ------------------------------------------------------------------ panel

GRANT SELECT, INSERT, UPDATE, DELETE ON account, account_tree, domain, mailbox, alias, plan, api_token, web_session,
  idempotency, job TO mailstead_web;
GRANT SELECT, INSERT ON audit TO mailstead_web;
GRANT SELECT, INSERT, UPDATE ON bulk TO mailstead_web;
GRANT SELECT (created_at), DELETE ON bulk TO mailstead_send;
GRANT SELECT ON event TO mailstead_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON dns_state TO mailstead_web;
GRANT SELECT, INSERT ON dns_change TO mailstead_web;
GRANT INSERT ON dns_notice TO mailstead_web;
GRANT SELECT, DELETE ON dns_notice TO mailstead_send;
GRANT SELECT, UPDATE ON dns_schedule TO mailstead_web;
GRANT EXECUTE ON FUNCTION app_first_admin() TO mailstead_web;
GRANT SELECT, INSERT, UPDATE ON domain_dns TO mailstead_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON dns_push TO mailstead_web;
GRANT SELECT (link_id, kind, domain_id, mailbox_id, label, created_at, expires_at, used_at), INSERT, UPDATE (used_at), DELETE
  ON public_link TO mailstead_web;
GRANT EXECUTE ON FUNCTION app_link_open(bytea, text) TO mailstead_web;
GRANT EXECUTE ON FUNCTION app_mta_sts_mode(text) TO mailstead_web;
GRANT SELECT (credential_id, account_id, mailbox_id, kind, label, created_at, used_at), INSERT, DELETE ON credential
  TO mailstead_web;
GRANT SELECT (factor_id, account_id, mailbox_id, confirmed_at, created_at), INSERT, UPDATE (confirmed_at), DELETE
  ON second_factor TO mailstead_web;
GRANT SELECT (factor_id), INSERT, DELETE ON recovery_code TO mailstead_web;
GRANT SELECT, UPDATE (used_at) ON password_reset TO mailstead_web;
GRANT EXECUTE ON FUNCTION password_reset_ask(text, text, text), password_reset_find(bytea) TO mailstead_web;
GRANT SELECT, UPDATE (taken_at), DELETE ON password_reset_ask TO mailstead_send;
GRANT EXECUTE ON FUNCTION password_reset_owner(text, text, text) TO mailstead_send;
GRANT SELECT (created_at), INSERT, DELETE ON password_reset TO mailstead_send;
GRANT INSERT ON audit TO mailstead_send;
GRANT SELECT (account_id, domain_id, smarthost, source), INSERT, DELETE ON route TO mailstead_web;
GRANT SELECT ON route TO mailstead_send;
GRANT SELECT (domain_id, selector, algorithm, state, public_key, created_at, changed_at), INSERT,
  UPDATE (state, changed_at), DELETE ON dkim_key TO mailstead_web;

-- ------------------------------------------------------------------ keys

GRANT SELECT, INSERT, DELETE, UPDATE (hash, used_at, scram) ON credential TO mailstead_keys;
GRANT SELECT, UPDATE (last_step) ON second_factor TO mailstead_keys;
GRANT SELECT, DELETE ON recovery_code TO mailstead_keys;
GRANT SELECT, INSERT, UPDATE (private_key) ON dkim_key TO mailstead_keys;
GRANT SELECT (domain_id, name) ON domain TO mailstead_keys;
GRANT SELECT (domain_id, selector, algorithm, state) ON dkim_key TO mailstead_mx, mailstead_user, mailstead_send;

-- ------------------------------------------------------------------ row-level security
--
-- Written with EXISTS and (SELECT app_tenant()): the tenant is computed once a query, one row costs one index look-up, and a
-- long list may be planned as a hashed set. No tenant: NULL, no rows.

ALTER TABLE send_limit ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

DO $$
DECLARE
  t text;
  by_account text := 'EXISTS (SELECT 1 FROM account_tree t WHERE t.ancestor_id = (SELECT app_tenant())
                              AND t.account_id = %I.account_id)';
  by_domain text := 'EXISTS (SELECT 1 FROM domain d WHERE d.domain_id = %I.domain_id)';
  mine text;
BEGIN
  FOR t IN SELECT relname FROM pg_class WHERE relrowsecurity AND relnamespace = 'public'::regnamespace LOOP
    EXECUTE format('DROP POLICY IF EXISTS owner_all ON %I', t);
    EXECUTE format('DROP POLICY IF EXISTS mail_all ON %I', t);
    EXECUTE format('DROP POLICY IF EXISTS web_tenant ON %I', t);
    EXECUTE format('CREATE POLICY owner_all ON %I TO CURRENT_USER USING (true)', t);
    EXECUTE format('CREATE POLICY mail_all ON %I TO mailstead_mx, mailstead_user, mailstead_send, mailstead_keys
                    USING (true)', t);
    mine := CASE
      WHEN t IN ('dkim_key', 'dns_state', 'dns_change', 'dns_schedule', 'dns_notice', 'domain_dns', 'dns_push', 'public_link', 'mailbox', 'alias') THEN format(by_domain, t)
      WHEN t IN ('credential', 'second_factor', 'password_reset') THEN
        '(account_id IS NOT NULL AND ' || format(by_account, t) || format(') OR (mailbox_id IS NOT NULL AND EXISTS (
          SELECT 1 FROM mailbox m WHERE m.mailbox_id = %I.mailbox_id))', t)
      WHEN t = 'recovery_code' THEN
        'EXISTS (SELECT 1 FROM second_factor f WHERE f.factor_id = recovery_code.factor_id)'
      WHEN t = 'account' THEN          -- a new row is in account_tree only a statement later
        format(by_account, t) || ' OR EXISTS (SELECT 1 FROM account_tree t
          WHERE t.ancestor_id = (SELECT app_tenant()) AND t.account_id = account.parent_id)'
      WHEN t = 'event' THEN NULL       -- below
      WHEN t = 'figure' THEN           -- what belongs to nobody is the server's
        format(by_account, t) || ' OR (account_id IS NULL AND
          (SELECT a.parent_id IS NULL FROM account a WHERE a.account_id = app_tenant()))'
      WHEN t = 'send_limit' THEN '(scope = ''account'' AND EXISTS (SELECT 1 FROM account_tree t
          WHERE t.ancestor_id = (SELECT app_tenant()) AND t.account_id = send_limit.id))
        OR (scope = ''domain'' AND EXISTS (SELECT 1 FROM domain d WHERE d.domain_id = send_limit.id))
        OR (scope = ''mailbox'' AND EXISTS (SELECT 1 FROM mailbox m WHERE m.mailbox_id = send_limit.id))'
      ELSE format(by_account, t)
    END;
    IF mine IS NOT NULL THEN
      EXECUTE format('CREATE POLICY web_tenant ON %I TO mailstead_web USING (%s)', t, mine);
    END IF;
  END LOOP;
END $$;

-- Webmail sends as a mailbox, without a tenant.
DROP POLICY IF EXISTS web_insert ON job;
CREATE POLICY web_insert ON job FOR INSERT TO mailstead_web WITH CHECK (true);

-- What has no domain of ours concerns the server: only its owner sees it. Everybody's mail writes events.
DROP POLICY IF EXISTS web_insert ON event;
CREATE POLICY web_insert ON event FOR INSERT TO mailstead_web WITH CHECK (true);
CREATE POLICY web_tenant ON event FOR SELECT TO mailstead_web USING (
  (domain_id IS NOT NULL AND EXISTS (SELECT 1 FROM domain d WHERE d.domain_id = event.domain_id))
  OR (domain_id IS NULL AND (SELECT a.parent_id IS NULL FROM account a WHERE a.account_id = app_tenant())));

-- The server's own limits everybody may know.
DROP POLICY IF EXISTS web_server ON send_limit;
CREATE POLICY web_server ON send_limit FOR SELECT TO mailstead_web USING (id = 0);

-- That a destination is paused everybody may know.
DROP POLICY IF EXISTS web_destination ON queue_pause;
CREATE POLICY web_destination ON queue_pause FOR SELECT TO mailstead_web USING (kind = 'destination');

-- Whoever has a plan sees it; only who made it, and those above, may change it.
DROP POLICY IF EXISTS web_holder ON plan;
CREATE POLICY web_holder ON plan FOR SELECT TO mailstead_web USING (
  EXISTS (SELECT 1 FROM account a WHERE a.plan_id = plan.plan_id));
