-- name: directory_resolve
-- roles: mx user web send
SELECT (e).kind, (e).mailbox_id, (e).domain_id, (e).account_id, (e).address, (e).name, (e).quota_bytes, (e).used_bytes,
  (e).no_login, (e).no_send, (e).no_receive, (e).hold_out, (e).suspended, (e).detail,
  (e).no_services, (e).reason
FROM directory_resolve($1::text, $2::text) AS e;

-- name: directory_mailbox
-- roles: mx user web send
SELECT (e).kind, (e).mailbox_id, (e).domain_id, (e).account_id, (e).address, (e).name, (e).quota_bytes, (e).used_bytes,
  (e).no_login, (e).no_send, (e).no_receive, (e).hold_out, (e).suspended, (e).detail,
  (e).no_services, (e).reason
FROM directory_mailbox($1::text, $2::text) AS e;

-- name: directory_mailbox_by_id
-- roles: mx user web send
SELECT (e).kind, (e).mailbox_id, (e).domain_id, (e).account_id, (e).address, (e).name, (e).quota_bytes, (e).used_bytes,
  (e).no_login, (e).no_send, (e).no_receive, (e).hold_out, (e).suspended, (e).detail,
  (e).no_services, (e).reason
FROM directory_mailbox_by_id($1::bigint) AS e;

-- name: directory_domain
-- roles: mx user web send
SELECT domain_id, account_id, suspended FROM directory_domain($1::text);

-- name: directory_dmarc
-- roles: mx
SELECT mode FROM directory_dmarc($1::bigint, $2::text) AS mode WHERE mode IS NOT NULL;

-- name: directory_may_send
-- roles: mx user web send
SELECT directory_may_send($1::bigint, $2::text, $3::text);

-- name: directory_srs_secret
-- roles: mx user web send
SELECT srs_secret();

-- name: directory_may_post
-- roles: mx user web send
SELECT directory_may_post($1::text, $2::text, $3::text);
