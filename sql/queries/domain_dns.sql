-- What owners want of their domains' DNS.

-- name: domain_dns_get
-- roles: web
SELECT dmarc_policy, dmarc_at, dmarc_reports, mta_sts, mta_sts_at, takes_mail, dkim_delegated, notify
FROM domain_dns WHERE domain_id = $1::bigint;

-- name: domain_dns_put
-- roles: web
INSERT INTO domain_dns (domain_id, dmarc_policy, dmarc_reports, mta_sts, takes_mail, dkim_delegated, notify)
VALUES ($1::bigint, $2::text, $3::text, $4::text, $5::boolean, $6::boolean, $7::boolean)
ON CONFLICT (domain_id) DO UPDATE SET dmarc_policy = excluded.dmarc_policy, dmarc_reports = excluded.dmarc_reports,
  mta_sts = excluded.mta_sts, takes_mail = excluded.takes_mail, dkim_delegated = excluded.dkim_delegated, notify = excluded.notify,
  dmarc_at = CASE WHEN domain_dns.dmarc_policy = excluded.dmarc_policy THEN domain_dns.dmarc_at ELSE now() END,
  mta_sts_at = CASE WHEN domain_dns.mta_sts = excluded.mta_sts THEN domain_dns.mta_sts_at ELSE now() END;

-- name: domain_dns_mta_sts
-- roles: web
SELECT app_mta_sts_mode($1::text);
