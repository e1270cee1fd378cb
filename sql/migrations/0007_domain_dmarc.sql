-- What a domain does when DMARC asks to refuse or to set aside mail for its recipients: as asked, Junk at most, nothing.
ALTER TABLE domain ADD COLUMN dmarc text NOT NULL DEFAULT 'apply' CHECK (dmarc IN ('apply', 'junk', 'ignore'));

-- By id, or by name when that is 0; of a domain under another name, the domain's own. NULL: not ours.
CREATE FUNCTION directory_dmarc(p_domain_id bigint, p_name text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN (SELECT d.dmarc FROM domain n JOIN domain d ON d.domain_id = coalesce(n.alias_of, n.domain_id)
          WHERE CASE WHEN p_domain_id <> 0 THEN n.domain_id = p_domain_id ELSE n.name = p_name AND n.deleted_at IS NULL END);
END $$;
