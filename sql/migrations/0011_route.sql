-- How mail of an account, or of one of its domains, leaves: by a server that relays it, from addresses of its own.
CREATE TABLE route (
  account_id bigint NOT NULL REFERENCES account ON DELETE CASCADE,
  domain_id  bigint REFERENCES domain ON DELETE CASCADE,   -- NULL: the account's other mail
  smarthost  text NOT NULL DEFAULT '',                     -- for the eye: without the password
  sealed     bytea,                                        -- the whole URL; NULL: no smarthost
  source     text NOT NULL DEFAULT '' CHECK (length(source) <= 100),
  changed_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((smarthost = '') = (sealed IS NULL))
);
CREATE UNIQUE INDEX route_account ON route (account_id) WHERE domain_id IS NULL;
CREATE UNIQUE INDEX route_domain ON route (domain_id) WHERE domain_id IS NOT NULL;

ALTER TABLE route ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
