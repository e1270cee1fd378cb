-- Support access: a session of an account acts for one below it, for a while. The audit log names both.
ALTER TABLE web_session ADD acting_for bigint REFERENCES account ON DELETE SET NULL,
  ADD acting_until timestamptz, ADD acting_reason text NOT NULL DEFAULT '' CHECK (length(acting_reason) <= 200);
CREATE INDEX web_session_acting ON web_session (acting_for) WHERE acting_for IS NOT NULL;
ALTER TABLE audit ADD on_behalf_of text NOT NULL DEFAULT '';   -- the log-in that the actor acted for
