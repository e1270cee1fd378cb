-- Mail to owners about their domains' DNS.

-- name: dns_notice_add
-- roles: web
-- To the account's log-in where that is an address, else to the domain's postmaster; not where it is switched off.
INSERT INTO dns_notice (domain_id, contact, otherwise, subject, body)
SELECT d.domain_id, CASE WHEN a.login LIKE '%_@_%' THEN a.login ELSE 'postmaster@' || d.name END,
  'postmaster@' || d.name, $2::text, $3::text
FROM domain d JOIN account a ON a.account_id = d.account_id LEFT JOIN domain_dns s ON s.domain_id = d.domain_id
WHERE d.domain_id = $1::bigint AND coalesce(s.notify, true);

-- name: dns_notice_list
-- roles: send
SELECT notice_id, contact, otherwise, subject, body FROM dns_notice ORDER BY notice_id LIMIT $1::bigint;

-- name: dns_notice_drop
-- roles: send
DELETE FROM dns_notice WHERE notice_id = $1::bigint;
