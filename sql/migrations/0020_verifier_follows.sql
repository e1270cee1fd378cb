-- A verifier proves the password that its hash was made from. Whoever changes the hash, by hand too, takes back the
-- verifier unless he brings the new one: the old password must not open anything.
CREATE FUNCTION credential_drop_verifier() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.scram := NULL;
  RETURN NEW;
END $$;

CREATE TRIGGER credential_drop_verifier BEFORE UPDATE OF hash ON credential FOR EACH ROW
WHEN (NEW.hash IS DISTINCT FROM OLD.hash AND NEW.scram IS NOT DISTINCT FROM OLD.scram)
EXECUTE FUNCTION credential_drop_verifier();
