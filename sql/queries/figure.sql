-- Figures by hour and domain.

-- name: figure_add
-- roles: mx user web send
SELECT figures_add($1::bigint[], $2::bigint[]);

-- name: figure_measure
-- roles: send
SELECT figures_measure();

-- name: figure_collect
-- roles: send
WITH days AS (DELETE FROM figure_storage WHERE day < current_date - 800)
DELETE FROM figure WHERE hour < now() - interval '400 days';

-- name: figure_queue
-- roles: web
SELECT state, jobs FROM figures_queue();

-- name: figure_series
-- roles: web
-- $1: the actor; $2: a domain, or 0 for all below; from $3 to before $4, in steps of an hour or a day ($5).
SELECT s.at, coalesce(f.received, 0), coalesce(f.junk, 0), coalesce(f.refused_unknown, 0), coalesce(f.refused_full, 0),
  coalesce(f.refused_policy, 0), coalesce(f.submitted, 0), coalesce(f.sent, 0), coalesce(f.deferred, 0),
  coalesce(f.bounced, 0), coalesce(f.logins, 0), coalesce(f.logins_failed, 0)
FROM generate_series($3::timestamptz, $4::timestamptz - interval '1 second', make_interval(hours => $5::bigint::int)) AS s (at)
  LEFT JOIN (
    SELECT floor(extract(epoch FROM x.hour - $3::timestamptz) / ($5::bigint * 3600)) AS step,
      sum(x.received)::bigint AS received, sum(x.junk)::bigint AS junk, sum(x.refused_unknown)::bigint AS refused_unknown,
      sum(x.refused_full)::bigint AS refused_full, sum(x.refused_policy)::bigint AS refused_policy, sum(x.submitted)::bigint AS submitted,
      sum(x.sent)::bigint AS sent, sum(x.deferred)::bigint AS deferred, sum(x.bounced)::bigint AS bounced,
      sum(x.logins)::bigint AS logins, sum(x.logins_failed)::bigint AS logins_failed
    FROM figure x
    WHERE x.hour >= $3::timestamptz AND x.hour < $4::timestamptz AND ($2::bigint = 0 OR x.domain_id = $2::bigint)
      AND (x.account_id IN (SELECT t.account_id FROM account_tree t WHERE t.ancestor_id = $1::bigint)
           OR (x.account_id IS NULL AND EXISTS (SELECT 1 FROM account a WHERE a.account_id = $1::bigint AND a.parent_id IS NULL)))
    GROUP BY 1) f ON f.step = floor(extract(epoch FROM s.at - $3::timestamptz) / ($5::bigint * 3600))
ORDER BY s.at;

-- name: figure_storage_series
-- roles: web
SELECT f.day::timestamp AT TIME ZONE 'UTC', sum(f.mailboxes)::bigint, sum(f.messages)::bigint, sum(f.size_bytes)::bigint
FROM figure_storage f
WHERE f.day >= ($3::timestamptz AT TIME ZONE 'UTC')::date AND f.day <= ($4::timestamptz AT TIME ZONE 'UTC')::date
  AND ($2::bigint = 0 OR f.domain_id = $2::bigint)
  AND EXISTS (SELECT 1 FROM account_tree t WHERE t.ancestor_id = $1::bigint AND t.account_id = f.account_id)
GROUP BY f.day ORDER BY f.day;

-- name: figure_top
-- roles: web
-- The domains with most traffic.
SELECT d.name, sum(f.received + f.junk)::bigint, sum(f.submitted)::bigint, sum(f.bounced)::bigint
FROM figure f JOIN domain d ON d.domain_id = f.domain_id
WHERE f.hour >= $2::timestamptz AND f.hour < $3::timestamptz
  AND EXISTS (SELECT 1 FROM account_tree t WHERE t.ancestor_id = $1::bigint AND t.account_id = d.account_id)
GROUP BY d.name HAVING sum(f.received + f.junk + f.submitted + f.bounced) > 0
ORDER BY sum(f.received + f.junk + f.submitted) DESC, d.name LIMIT $4::bigint;

-- name: figure_attention
-- roles: web
-- $1: the actor; at most $2 of each kind: wrong DNS, stuck mail, $3 wrong passwords in a day.
SELECT a.kind, a.name, a.n FROM (
(SELECT 0::bigint AS kind, d.name, count(*) AS n
 FROM account_tree t JOIN domain d ON d.account_id = t.account_id JOIN dns_state s ON s.domain_id = d.domain_id
 WHERE t.ancestor_id = $1::bigint AND d.deleted_at IS NULL AND s.purpose IN ('mx', 'spf', 'dkim')
   AND s.status IN ('missing', 'wrong', 'multiple', 'malformed')
 GROUP BY d.name ORDER BY d.name LIMIT $2::bigint)
UNION ALL
(SELECT 1, j.destination, count(*)
 FROM account_tree t JOIN job j ON j.account_id = t.account_id
 WHERE t.ancestor_id = $1::bigint AND j.state IN ('waiting', 'ready') AND j.attempts >= 3
 GROUP BY j.destination ORDER BY count(*) DESC, j.destination LIMIT $2::bigint)
UNION ALL
(SELECT 2, d.name, sum(f.logins_failed)::bigint
 FROM account_tree t JOIN figure f ON f.account_id = t.account_id JOIN domain d ON d.domain_id = f.domain_id
 WHERE t.ancestor_id = $1::bigint AND f.hour >= now() - interval '1 day'
 GROUP BY d.name HAVING sum(f.logins_failed) >= $3::bigint ORDER BY sum(f.logins_failed) DESC, d.name LIMIT $2::bigint)
) AS a;
