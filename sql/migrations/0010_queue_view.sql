-- What people see of the queue.

-- Who is told that a mailbox' mail is held: its own address, and the log-in of its account, which may be an address too.
CREATE FUNCTION hold_contact(p_mailbox bigint, OUT address text, OUT login text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  SELECT m.localpart || '@' || d.name, a.login INTO address, login
    FROM mailbox m JOIN domain d ON d.domain_id = m.domain_id JOIN account a ON a.account_id = d.account_id
    WHERE m.mailbox_id = p_mailbox AND m.deleted_at IS NULL;
END $$;

-- What became of a message that a mailbox has sent: the newest event for each recipient.
CREATE FUNCTION sent_state(p_mailbox bigint, p_message_id text)
RETURNS TABLE (rcpt text, state text, text text, at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT DISTINCT ON (e.rcpt) e.rcpt, e.name, e.text, e.at
    FROM event e
    WHERE e.rcpt <> '' AND e.trace_id IN (
      SELECT s.trace_id FROM event s WHERE s.evidence ->> 'message_id' = p_message_id AND s.evidence ? 'message_id'
        AND s.name = 'message.submitted' AND s.mailbox_id = p_mailbox)
    ORDER BY e.rcpt, e.seq DESC LIMIT 200;
END $$;
