-- What SCRAM-SHA-256 needs of a password, sealed with the key file: only mailstead_keys reads it. NULL: not made yet.
ALTER TABLE credential ADD COLUMN scram bytea;
