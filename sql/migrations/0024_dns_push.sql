-- The name server to which a domain's records are pushed (RFC 2136), and the way back from the last push.
CREATE TABLE dns_push (
  domain_id bigint PRIMARY KEY REFERENCES domain ON DELETE CASCADE,
  server    text NOT NULL CHECK (length(server) <= 100),
  zone      text NOT NULL CHECK (length(zone) <= 253),
  key_name  text NOT NULL CHECK (length(key_name) <= 253),
  sealed    bytea NOT NULL,                 -- the key's secret
  undo      jsonb,                          -- what would take the last push back; NULL: nothing
  pushed_at timestamptz
);
ALTER TABLE dns_push ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
