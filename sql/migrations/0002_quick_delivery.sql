-- What nearly all mail is for, an address that is a mailbox and no alias, is answered by one query; the rest is left to the walk
-- through the aliases, which was the whole of it.
ALTER FUNCTION directory_resolve(text, text) RENAME TO directory_walk;

CREATE FUNCTION directory_resolve(p_local text, p_domain text) RETURNS SETOF directory_entry
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT 'M'::"char", m.mailbox_id, m.domain_id, d.account_id, m.localpart || '@' || d.name, m.name,
      m.quota_bytes, (SELECT coalesce(sum(f.size_bytes), 0)::bigint FROM folder f WHERE f.mailbox_id = m.mailbox_id),
      m.no_login, m.no_send, m.no_receive, m.hold_out,
      d.suspended_at IS NOT NULL OR EXISTS (
        SELECT 1 FROM account_tree t JOIN account a ON a.account_id = t.ancestor_id
        WHERE t.account_id = d.account_id AND a.suspended_at IS NOT NULL), ''
    FROM domain d JOIN mailbox m ON m.domain_id = d.domain_id
    WHERE d.name = p_domain AND m.local_key = lower(p_local) AND m.deleted_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM alias a WHERE a.domain_id = d.domain_id AND a.local_key = lower(p_local));
  IF NOT FOUND THEN
    RETURN QUERY SELECT * FROM directory_walk(p_local, p_domain);
  END IF;
END $$;
