-- Pages of the lists of domains, mailboxes, aliases and accounts: which rows, in which order. Each function returns at most p_limit
-- ids with the row's key (number, key, key_2), behind the key it is given. They run as the owner, because row-level security would ask
-- its question for every row that is passed over (four times as slow), and answer for accounts at or below the tenant only. What is
-- shown of these ids is read by the caller, under row-level security.
--
-- p_sort: 'name' walks domains in the order of their names and stops when the page is full, unless something is searched for. The
-- other orders compute a number for every row. p_first: there is no page before. p_state: '', 'active' or 'suspended'. p_domains: a
-- token's (empty: all).

CREATE FUNCTION list_may(p_account bigint) RETURNS boolean LANGUAGE sql STABLE
  AS $$ SELECT EXISTS (SELECT 1 FROM account_tree t WHERE t.ancestor_id = app_tenant() AND t.account_id = p_account) $$;

CREATE FUNCTION list_wants(p_state text, p_on boolean, p_until timestamptz) RETURNS boolean LANGUAGE sql STABLE
  AS $$ SELECT p_state = '' OR (p_state = 'suspended') = (p_on AND coalesce(p_until > now(), true)) $$;

CREATE FUNCTION list_mailboxes(p_account bigint, p_domain text, p_search text, p_state text, p_domains text[], p_sort text,
  p_down boolean, p_first boolean, p_number bigint, p_key text, p_key_2 text, p_limit bigint)
RETURNS TABLE (id bigint, number bigint, key text, key_2 text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_search text := lower(p_search);
  v_left   bigint := p_limit;
  v_n      bigint;
  d        record;
BEGIN
  IF NOT list_may(p_account) THEN
    RETURN;
  END IF;
  IF p_sort = 'name' AND v_search = '' AND p_state = '' AND NOT p_down THEN
    FOR d IN SELECT o.domain_id, o.name FROM account_tree t JOIN domain o ON o.account_id = t.account_id
        WHERE t.ancestor_id = p_account AND o.deleted_at IS NULL AND (p_domain = '' OR o.name = p_domain)
          AND (p_first OR o.name >= p_key) AND (cardinality(p_domains) = 0 OR o.name = ANY (p_domains))
        ORDER BY o.name LOOP
      RETURN QUERY SELECT m.mailbox_id, 0::bigint, d.name, m.local_key FROM mailbox m
        WHERE m.domain_id = d.domain_id AND m.deleted_at IS NULL AND (p_first OR d.name > p_key OR m.local_key > p_key_2)
        ORDER BY m.local_key LIMIT v_left;
      GET DIAGNOSTICS v_n = ROW_COUNT;
      v_left := v_left - v_n;
      EXIT WHEN v_left = 0;
    END LOOP;
  ELSIF p_sort = 'name' AND v_search = '' AND p_state = '' THEN
    FOR d IN SELECT o.domain_id, o.name FROM account_tree t JOIN domain o ON o.account_id = t.account_id
        WHERE t.ancestor_id = p_account AND o.deleted_at IS NULL AND (p_domain = '' OR o.name = p_domain)
          AND (p_first OR o.name <= p_key) AND (cardinality(p_domains) = 0 OR o.name = ANY (p_domains))
        ORDER BY o.name DESC LOOP
      RETURN QUERY SELECT m.mailbox_id, 0::bigint, d.name, m.local_key FROM mailbox m
        WHERE m.domain_id = d.domain_id AND m.deleted_at IS NULL AND (p_first OR d.name < p_key OR m.local_key < p_key_2)
        ORDER BY m.local_key DESC LIMIT v_left;
      GET DIAGNOSTICS v_n = ROW_COUNT;
      v_left := v_left - v_n;
      EXIT WHEN v_left = 0;
    END LOOP;
  ELSIF p_sort = 'name' AND p_down THEN
    RETURN QUERY SELECT m.mailbox_id, 0::bigint, o.name, m.local_key
      FROM account_tree t JOIN domain o ON o.account_id = t.account_id JOIN mailbox m ON m.domain_id = o.domain_id
      WHERE t.ancestor_id = p_account AND o.deleted_at IS NULL AND m.deleted_at IS NULL AND (p_domain = '' OR o.name = p_domain)
        AND (cardinality(p_domains) = 0 OR o.name = ANY (p_domains))
        AND (v_search = '' OR strpos(m.local_key || '@' || o.name, v_search) > 0 OR strpos(lower(m.name), v_search) > 0)
        AND (p_state = '' OR list_wants(p_state, m.no_login OR m.no_send OR m.no_receive OR m.hold_out, m.suspend_until))
        AND (p_first OR (o.name, m.local_key) < (p_key, p_key_2))
      ORDER BY o.name DESC, m.local_key DESC LIMIT p_limit;
  ELSE
    RETURN QUERY SELECT x.* FROM (
      SELECT m.mailbox_id, CASE WHEN p_down THEN -1 ELSE 1 END * CASE p_sort
          WHEN 'name' THEN 0
          WHEN 'created' THEN (extract(epoch FROM m.created_at) * 1000000)::bigint
          WHEN 'quota' THEN m.quota_bytes
          WHEN 'messages' THEN (SELECT coalesce(sum(f.messages), 0)::bigint FROM folder f WHERE f.mailbox_id = m.mailbox_id)
          ELSE (SELECT coalesce(sum(f.size_bytes), 0)::bigint FROM folder f WHERE f.mailbox_id = m.mailbox_id) END AS number,
        o.name, m.local_key
      FROM account_tree t JOIN domain o ON o.account_id = t.account_id JOIN mailbox m ON m.domain_id = o.domain_id
      WHERE t.ancestor_id = p_account AND o.deleted_at IS NULL AND m.deleted_at IS NULL AND (p_domain = '' OR o.name = p_domain)
        AND (cardinality(p_domains) = 0 OR o.name = ANY (p_domains))
        AND (v_search = '' OR strpos(m.local_key || '@' || o.name, v_search) > 0 OR strpos(lower(m.name), v_search) > 0)
        AND (p_state = '' OR list_wants(p_state, m.no_login OR m.no_send OR m.no_receive OR m.hold_out, m.suspend_until))) x
    WHERE p_first OR (x.number, x.name, x.local_key) > (p_number, p_key, p_key_2)
    ORDER BY x.number, x.name, x.local_key LIMIT p_limit;
  END IF;
END $$;

CREATE FUNCTION list_aliases(p_account bigint, p_domain text, p_search text, p_domains text[], p_sort text, p_down boolean,
  p_first boolean, p_number bigint, p_key text, p_key_2 text, p_limit bigint)
RETURNS TABLE (id bigint, number bigint, key text, key_2 text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_search text := lower(p_search);
  v_left   bigint := p_limit;
  v_n      bigint;
  d        record;
BEGIN
  IF NOT list_may(p_account) THEN
    RETURN;
  END IF;
  IF p_sort = 'name' AND v_search = '' AND NOT p_down THEN
    FOR d IN SELECT o.domain_id, o.name FROM account_tree t JOIN domain o ON o.account_id = t.account_id
        WHERE t.ancestor_id = p_account AND o.deleted_at IS NULL AND (p_domain = '' OR o.name = p_domain)
          AND (p_first OR o.name >= p_key) AND (cardinality(p_domains) = 0 OR o.name = ANY (p_domains))
        ORDER BY o.name LOOP
      RETURN QUERY SELECT l.alias_id, 0::bigint, d.name, l.local_key FROM alias l
        WHERE l.domain_id = d.domain_id AND (p_first OR d.name > p_key OR l.local_key > p_key_2)
        ORDER BY l.local_key LIMIT v_left;
      GET DIAGNOSTICS v_n = ROW_COUNT;
      v_left := v_left - v_n;
      EXIT WHEN v_left = 0;
    END LOOP;
  ELSIF p_sort = 'name' AND v_search = '' THEN
    FOR d IN SELECT o.domain_id, o.name FROM account_tree t JOIN domain o ON o.account_id = t.account_id
        WHERE t.ancestor_id = p_account AND o.deleted_at IS NULL AND (p_domain = '' OR o.name = p_domain)
          AND (p_first OR o.name <= p_key) AND (cardinality(p_domains) = 0 OR o.name = ANY (p_domains))
        ORDER BY o.name DESC LOOP
      RETURN QUERY SELECT l.alias_id, 0::bigint, d.name, l.local_key FROM alias l
        WHERE l.domain_id = d.domain_id AND (p_first OR d.name < p_key OR l.local_key < p_key_2)
        ORDER BY l.local_key DESC LIMIT v_left;
      GET DIAGNOSTICS v_n = ROW_COUNT;
      v_left := v_left - v_n;
      EXIT WHEN v_left = 0;
    END LOOP;
  ELSIF p_sort = 'name' AND p_down THEN
    RETURN QUERY SELECT l.alias_id, 0::bigint, o.name, l.local_key
      FROM account_tree t JOIN domain o ON o.account_id = t.account_id JOIN alias l ON l.domain_id = o.domain_id
      WHERE t.ancestor_id = p_account AND o.deleted_at IS NULL AND (p_domain = '' OR o.name = p_domain)
        AND (cardinality(p_domains) = 0 OR o.name = ANY (p_domains))
        AND (v_search = '' OR strpos(l.local_key || '@' || o.name, v_search) > 0
          OR strpos(lower(array_to_string(l.targets, ' ')), v_search) > 0)
        AND (p_first OR (o.name, l.local_key) < (p_key, p_key_2))
      ORDER BY o.name DESC, l.local_key DESC LIMIT p_limit;
  ELSE
    RETURN QUERY SELECT x.* FROM (
      SELECT l.alias_id, CASE WHEN p_down THEN -1 ELSE 1 END * CASE p_sort
          WHEN 'name' THEN 0
          WHEN 'created' THEN (extract(epoch FROM l.created_at) * 1000000)::bigint
          ELSE cardinality(l.targets) END AS number, o.name, l.local_key
      FROM account_tree t JOIN domain o ON o.account_id = t.account_id JOIN alias l ON l.domain_id = o.domain_id
      WHERE t.ancestor_id = p_account AND o.deleted_at IS NULL AND (p_domain = '' OR o.name = p_domain)
        AND (cardinality(p_domains) = 0 OR o.name = ANY (p_domains))
        AND (v_search = '' OR strpos(l.local_key || '@' || o.name, v_search) > 0
          OR strpos(lower(array_to_string(l.targets, ' ')), v_search) > 0)) x
    WHERE p_first OR (x.number, x.name, x.local_key) > (p_number, p_key, p_key_2)
    ORDER BY x.number, x.name, x.local_key LIMIT p_limit;
  END IF;
END $$;

CREATE FUNCTION list_domains(p_account bigint, p_search text, p_state text, p_domains text[], p_sort text, p_down boolean,
  p_first boolean, p_number bigint, p_key text, p_limit bigint)
RETURNS TABLE (id bigint, number bigint, key text, key_2 text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_search text := lower(p_search);
BEGIN
  IF NOT list_may(p_account) THEN
    RETURN;
  END IF;
  IF p_sort = 'name' AND NOT p_down THEN
    RETURN QUERY SELECT o.domain_id, 0::bigint, o.name, '' FROM account_tree t JOIN domain o ON o.account_id = t.account_id
      WHERE t.ancestor_id = p_account AND o.deleted_at IS NULL AND o.name > p_key
        AND (v_search = '' OR strpos(o.name, v_search) > 0) AND (cardinality(p_domains) = 0 OR o.name = ANY (p_domains))
        AND (p_state = '' OR list_wants(p_state, o.no_login OR o.no_send OR o.no_receive OR o.hold_out, o.suspend_until))
      ORDER BY o.name LIMIT p_limit;
  ELSIF p_sort = 'name' THEN
    RETURN QUERY SELECT o.domain_id, 0::bigint, o.name, '' FROM account_tree t JOIN domain o ON o.account_id = t.account_id
      WHERE t.ancestor_id = p_account AND o.deleted_at IS NULL AND (p_first OR o.name < p_key)
        AND (v_search = '' OR strpos(o.name, v_search) > 0) AND (cardinality(p_domains) = 0 OR o.name = ANY (p_domains))
        AND (p_state = '' OR list_wants(p_state, o.no_login OR o.no_send OR o.no_receive OR o.hold_out, o.suspend_until))
      ORDER BY o.name DESC LIMIT p_limit;
  ELSE
    RETURN QUERY SELECT x.*, '' FROM (
      SELECT o.domain_id, CASE WHEN p_down THEN -1 ELSE 1 END * CASE p_sort
          WHEN 'created' THEN (extract(epoch FROM o.created_at) * 1000000)::bigint
          ELSE (SELECT count(*) FROM mailbox m WHERE m.domain_id = o.domain_id AND m.deleted_at IS NULL) END AS number, o.name
      FROM account_tree t JOIN domain o ON o.account_id = t.account_id
      WHERE t.ancestor_id = p_account AND o.deleted_at IS NULL
        AND (v_search = '' OR strpos(o.name, v_search) > 0) AND (cardinality(p_domains) = 0 OR o.name = ANY (p_domains))
        AND (p_state = '' OR list_wants(p_state, o.no_login OR o.no_send OR o.no_receive OR o.hold_out, o.suspend_until))) x
    WHERE p_first OR (x.number, x.name) > (p_number, p_key)
    ORDER BY x.number, x.name LIMIT p_limit;
  END IF;
END $$;

CREATE FUNCTION list_accounts(p_account bigint, p_search text, p_state text, p_role text, p_sort text, p_down boolean,
  p_first boolean, p_number bigint, p_key text, p_limit bigint)
RETURNS TABLE (id bigint, number bigint, key text, key_2 text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_search text := lower(p_search);
BEGIN
  IF NOT list_may(p_account) THEN
    RETURN;
  END IF;
  IF p_sort = 'name' AND p_down THEN
    RETURN QUERY SELECT a.account_id, 0::bigint, a.login, '' FROM account_tree t JOIN account a ON a.account_id = t.account_id
      WHERE t.ancestor_id = p_account AND a.deleted_at IS NULL AND (p_first OR a.login < p_key)
        AND (p_role = '' OR a.role = p_role)
        AND (v_search = '' OR strpos(a.login, v_search) > 0 OR strpos(lower(a.name), v_search) > 0)
        AND (p_state = '' OR list_wants(p_state, a.no_login OR a.no_send OR a.no_receive OR a.hold_out, a.suspend_until))
      ORDER BY a.login DESC LIMIT p_limit;
  ELSE
    RETURN QUERY SELECT x.*, '' FROM (
      SELECT a.account_id, CASE WHEN p_sort = 'name' THEN 0 ELSE CASE WHEN p_down THEN -1 ELSE 1 END
          * (extract(epoch FROM a.created_at) * 1000000)::bigint END AS number, a.login
      FROM account_tree t JOIN account a ON a.account_id = t.account_id
      WHERE t.ancestor_id = p_account AND a.deleted_at IS NULL AND (p_role = '' OR a.role = p_role)
        AND (v_search = '' OR strpos(a.login, v_search) > 0 OR strpos(lower(a.name), v_search) > 0)
        AND (p_state = '' OR list_wants(p_state, a.no_login OR a.no_send OR a.no_receive OR a.hold_out, a.suspend_until))) x
    WHERE p_first OR (x.number, x.login) > (p_number, p_key)
    ORDER BY x.number, x.login LIMIT p_limit;
  END IF;
END $$;
