-- The index for SEARCH TEXT and BODY (store/search_index.h). Nothing depends on it: what is not in it is looked at message by message,
-- so both tables may be emptied at any time.

-- How far a folder is indexed, and who is at it.
CREATE TABLE search_folder (
  mailbox_id  bigint NOT NULL REFERENCES mailbox ON DELETE CASCADE,
  folder_id   bigint NOT NULL,
  version     smallint NOT NULL,
  indexed_uid bigint NOT NULL DEFAULT 0,   -- what is there up to here is in a segment
  messages    bigint NOT NULL DEFAULT 0,   -- in its segments, with those that are gone since
  owner       uuid,
  lease_until timestamptz,
  PRIMARY KEY (mailbox_id, folder_id)
);

-- The words of up to 4,096 messages (store/words.h), zstd.
CREATE TABLE search_segment (
  mailbox_id bigint NOT NULL,
  folder_id  bigint NOT NULL,
  last_uid   bigint NOT NULL,
  version    smallint NOT NULL,
  messages   integer NOT NULL,
  uids       bytea NOT NULL,               -- packed (store/uidset.h); the n-th is document n
  head       bytea NOT NULL,
  body       bytea NOT NULL,
  head_size  integer NOT NULL,             -- before compression
  body_size  integer NOT NULL,
  PRIMARY KEY (mailbox_id, folder_id, last_uid),
  FOREIGN KEY (mailbox_id, folder_id) REFERENCES search_folder ON DELETE CASCADE
);
ALTER TABLE search_segment ALTER head SET STORAGE EXTERNAL, ALTER body SET STORAGE EXTERNAL;
