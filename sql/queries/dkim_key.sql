-- DKIM key pairs. Only mailstead_keys may read a private key.

-- name: dkim_key_insert
-- roles: web
INSERT INTO dkim_key (domain_id, selector, algorithm, state, public_key, private_key)
VALUES ($1, $2, $3, $4, $5, $6);

-- name: dkim_key_signing
-- roles: keys
SELECT k.domain_id, k.selector, k.algorithm, k.state, k.private_key FROM dkim_key k JOIN domain d USING (domain_id)
WHERE d.name = $1 AND k.state IN ('pending', 'published', 'active') ORDER BY k.created_at, k.selector;

-- name: dkim_key_list
-- roles: web
SELECT selector, algorithm, state, public_key, created_at, changed_at FROM dkim_key
WHERE domain_id = $1::bigint ORDER BY created_at DESC, selector;

-- name: dkim_key_forget
-- roles: web
-- Names that may be used again: nothing that is under way is signed with these keys.
DELETE FROM dkim_key WHERE domain_id = $1::bigint AND state = 'retired' AND selector = ANY ($2::text[]);

-- name: dkim_key_set_states
-- roles: web
UPDATE dkim_key k SET state = u.state, changed_at = now()
FROM unnest($2::text[], $3::text[]) AS u (selector, state) WHERE k.domain_id = $1::bigint AND k.selector = u.selector;
