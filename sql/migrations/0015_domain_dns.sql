-- What a domain's owner wants of its DNS. No row: the defaults.
CREATE TABLE domain_dns (
  domain_id      bigint PRIMARY KEY REFERENCES domain ON DELETE CASCADE,
  dmarc_policy   text NOT NULL DEFAULT 'none' CHECK (dmarc_policy IN ('none', 'quarantine', 'reject')),
  dmarc_at       timestamptz NOT NULL DEFAULT now(),   -- since when that policy is wanted
  dmarc_reports  text NOT NULL DEFAULT '' CHECK (length(dmarc_reports) <= 320),  -- '': postmaster@ the domain
  mta_sts        text NOT NULL DEFAULT 'testing' CHECK (mta_sts IN ('none', 'testing', 'enforce')),
  mta_sts_at     timestamptz NOT NULL DEFAULT now(),
  takes_mail     boolean NOT NULL DEFAULT true,        -- false: the records that say so
  dkim_delegated boolean NOT NULL DEFAULT false        -- selectors are CNAMEs into the mail server's zone
);
ALTER TABLE domain_dns ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- Mail servers that fetch a policy are nobody's tenant. NULL: not our domain.
CREATE FUNCTION app_mta_sts_mode(p_name text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN (SELECT coalesce(s.mta_sts, 'testing') FROM domain d LEFT JOIN domain_dns s USING (domain_id)
          WHERE d.name = p_name AND d.deleted_at IS NULL);
END $$;
