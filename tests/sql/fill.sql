-- A little of everything, as it was after the first migration: later ones must cope with it.
INSERT INTO account (account_id, parent_id, role, login) VALUES (1, NULL, 'admin', 'admin'), (2, 1, 'customer', 'c');
INSERT INTO account_tree VALUES (1, 1, 0), (1, 2, 1), (2, 2, 0);
INSERT INTO domain (domain_id, account_id, name) VALUES (1, 2, 'example.test');
INSERT INTO mailbox (mailbox_id, domain_id, localpart, local_key) VALUES (1, 1, 'Alice', 'alice');
INSERT INTO alias (domain_id, local_key, targets) VALUES (1, 'info', ARRAY['alice@example.test']);
INSERT INTO credential (mailbox_id, kind, hash) VALUES (1, 'password', '*');
INSERT INTO mail_root (mailbox_id, next_folder_id, next_uidvalidity) VALUES (1, 2, 1000);
INSERT INTO folder (mailbox_id, folder_id, name, role, uidvalidity, uidnext, highestmodseq, messages)
  VALUES (1, 1, 'INBOX', 'inbox', 999, 2, 2, 1);
INSERT INTO blob (blob_id, codec, head_size, size, head, body) VALUES ('00000000-0000-7000-8000-000000000001', 0, 2, 3, '\x0d0a', '\x78');
INSERT INTO message (mailbox_id, folder_id, uid, modseq, internal_at, size_bytes, blob_id)
  VALUES (1, 1, 1, 2, now(), 3, '00000000-0000-7000-8000-000000000001');
INSERT INTO message_meta (mailbox_id, blob_id, envelope, bodystructure, headers, subject, from_text, to_text, preview,
    has_attachment, message_id, thread_id)
  VALUES (1, '00000000-0000-7000-8000-000000000001', '()', '()', '', '', '', '', '', false, '', '00000000-0000-7000-8000-000000000001');
INSERT INTO change_log VALUES (1, 1, 2, 'A', '\x0101');
INSERT INTO event (trace_id, seq, domain_id, name, text) VALUES ('00000000-0000-7000-8000-000000000001', 0, 1, 'message.delivered', '.');
INSERT INTO job (trace_id, blob_id, account_id, mail_from, rcpt, destination)
  VALUES ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001', 2, '', 'x@example.net', 'example.net');
