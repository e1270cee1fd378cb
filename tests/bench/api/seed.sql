-- A large installation, for benchmarks: 20 resellers with 25 customers each, 10,000 domains, 100,000 mailboxes with their folders,
-- 10,000 aliases. Run as the owner on a fresh quickstart:
--   psql -h SOCKET -U mailstead_admin mailstead -v ON_ERROR_STOP=1 -f tests/bench/api/seed.sql
-- Nobody can log in to what it makes (no credentials); the quickstart's admin sees it all.

BEGIN;
WITH made AS (
  INSERT INTO account (parent_id, role, login, name)
  SELECT (SELECT min(account_id) FROM account WHERE role = 'admin'), 'reseller', 'reseller' || r || '@bench.example', 'Reseller ' || r
  FROM generate_series(1, 20) AS r RETURNING account_id, parent_id
)
INSERT INTO account_tree (ancestor_id, account_id, depth)
SELECT account_id, account_id, 0 FROM made UNION ALL SELECT parent_id, account_id, 1 FROM made;

WITH made AS (
  INSERT INTO account (parent_id, role, login, name)
  SELECT a.account_id, 'customer', 'customer' || c || '.' || a.login, 'Customer ' || c
  FROM account a CROSS JOIN generate_series(1, 25) AS c WHERE a.login LIKE 'reseller%@bench.example'
  RETURNING account_id, parent_id
)
INSERT INTO account_tree (ancestor_id, account_id, depth)
SELECT account_id, account_id, 0 FROM made
UNION ALL SELECT t.ancestor_id, m.account_id, t.depth + 1 FROM made m JOIN account_tree t ON t.account_id = m.parent_id;

INSERT INTO domain (account_id, name, created_at)
SELECT a.account_id, left(md5(a.account_id || '.' || i), 10) || '.bench.example', now() - (a.account_id * 20 + i) * interval '17 minutes'
FROM account a CROSS JOIN generate_series(1, 20) AS i WHERE a.login LIKE 'customer%@bench.example';

INSERT INTO mailbox (domain_id, localpart, local_key, name, quota_bytes, created_at)
SELECT d.domain_id, p.local, p.local, initcap(p.local) || ' ' || left(d.name, 4), (1 + (d.domain_id * 7 + p.n) % 50) * 100000000,
  d.created_at + p.n * interval '1 minute'
FROM domain d CROSS JOIN LATERAL unnest(ARRAY['ann', 'bob', 'carol', 'dave', 'eve', 'frank', 'info', 'sales', 'support', 'zoe'])
  WITH ORDINALITY AS p (local, n) WHERE d.name LIKE '%.bench.example';

INSERT INTO mail_root (mailbox_id, next_folder_id, next_uidvalidity)
SELECT m.mailbox_id, 7, 1700000006 FROM mailbox m JOIN domain d ON d.domain_id = m.domain_id WHERE d.name LIKE '%.bench.example';
INSERT INTO folder (mailbox_id, folder_id, name, role, uidvalidity, messages, size_bytes)
SELECT m.mailbox_id, f.id, f.name, lower(f.name), 1700000000 + f.id, (m.mailbox_id * f.id) % 400, (m.mailbox_id * f.id) % 400 * 51234
FROM mailbox m JOIN domain d ON d.domain_id = m.domain_id
CROSS JOIN (VALUES (1, 'INBOX'), (2, 'Drafts'), (3, 'Sent'), (4, 'Archive'), (5, 'Junk'), (6, 'Trash')) AS f (id, name)
WHERE d.name LIKE '%.bench.example';

INSERT INTO alias (domain_id, local_key, targets)
SELECT d.domain_id, 'team', ARRAY['ann@' || d.name, 'bob@' || d.name] FROM domain d WHERE d.name LIKE '%.bench.example';
COMMIT;
ANALYZE;
