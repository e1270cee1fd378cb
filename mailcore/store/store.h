/*
 * The mail store: folders, messages, flags, and shared snapshots of them.
 *
 * Invariants (ARCHITECTURE.md §8):
 *  - UID and MODSEQ come from the folder row inside the tx that changes the message; so visibility
 *    order = UID order = MODSEQ order. UIDs are never reused, UIDNEXT and HIGHESTMODSEQ never go
 *    back, a folder made again has a larger UIDVALIDITY.
 *  - A function that changes something returns RC_OK only after a durable commit.
 *  - A snapshot is immutable, shared by all sessions of the process, reference-counted; readers
 *    need no lock and no database. It is refreshed from change_log in O(changes).
 *  - Bells ring after the commit.
 *
 * Limits: MAILBOX_MESSAGES_MAX messages a mailbox, which deliveries alone may pass; 10,000 folders, 64 levels, names to 1,000 bytes, 63 keywords a folder of 64
 * bytes each, 2^32-2 messages a folder.
 */
#pragma once

#include "mailcore/base/ctx.h"
#include "mailcore/base/figures.h"
#include "mailcore/base/random.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"
#include "mailcore/blob/blob.h"
#include "mailcore/db/bell.h"

#define MAILBOX_MESSAGES_MAX 10000000

struct store;

struct store_options {
	struct blob_store *blobs;
	struct bells *bells;
	size_t snapshot_bytes; /* cache budget; 0: 256 MiB */
	/* Where deliveries are committed, and as whom; NULL: over the connection of whoever commits. */
	const char *conninfo, *role;
};
struct store *store_new(const struct store_options *options);
void store_free(struct store *s);
struct blob_store *store_blobs(struct store *s);
struct bells *store_bells(struct store *s);
/* The net below the bells, for changes whose ring was lost or came from another node: asks the
 * database once for the state of all watched mailboxes and rings, in this process only, those that
 * are not as the last call saw them (or were not watched then). Every STORE_POLL_MS, never twice at
 * the same time. RC_TEMP. */
#define STORE_POLL_MS 15000
MUST_CHECK enum rc store_poll(struct store *s, struct ctx *ctx);

enum message_flag {
	FLAG_ANSWERED = 1,
	FLAG_FLAGGED = 2,
	FLAG_DELETED = 4,
	FLAG_SEEN = 8,
	FLAG_DRAFT = 16,
};

/* ------------------------------------------------------------------------ folders */

struct folder {
	int64_t folder_id;
	struct span name; /* UTF-8, '/' between levels, "INBOX" */
	struct span role; /* "", "inbox", "drafts", "sent", "archive", "junk", "trash" */
	int64_t uidvalidity, uidnext, highestmodseq;
	int64_t messages, unseen, size_bytes;
	int64_t first_recent_uid; /* see folder_claim_recent */
	bool subscribed;
};
struct folders {
	struct folder *items; /* sorted by name, INBOX first */
	size_t len;
};

/* Inside the tx that makes the mailbox: mail_root and the default folders INBOX, Drafts, Sent,
 * Archive, Junk, Trash. */
MUST_CHECK enum rc folder_make_defaults(struct ctx *ctx, int64_t mailbox_id);
MUST_CHECK enum rc folder_list(
	struct store *s, struct ctx *ctx, int64_t mailbox_id, struct folders *out);
/* "inbox" in any case is INBOX. RC_NOT_FOUND. */
MUST_CHECK enum rc folder_find(
	struct store *s, struct ctx *ctx, int64_t mailbox_id, struct span name, struct folder *out);
MUST_CHECK enum rc folder_find_role(
	struct store *s, struct ctx *ctx, int64_t mailbox_id, struct span role, struct folder *out);
/* Makes missing parents too. RC_EXISTS, RC_INVALID (name, role), RC_LIMIT. role may be empty. */
MUST_CHECK enum rc folder_create(struct store *s, struct ctx *ctx, int64_t mailbox_id,
	struct span name, struct span role, struct folder *out, struct err *err);
/* RC_DENIED for INBOX; children stay. Messages go with it. */
MUST_CHECK enum rc folder_delete(
	struct store *s, struct ctx *ctx, int64_t mailbox_id, struct span name, struct err *err);
/* Children move along. INBOX: its messages move to the new folder, INBOX stays (RFC 9051 §6.3.6). */
MUST_CHECK enum rc folder_rename(struct store *s, struct ctx *ctx, int64_t mailbox_id,
	struct span from, struct span to, struct err *err);
MUST_CHECK enum rc folder_subscribe(
	struct store *s, struct ctx *ctx, int64_t mailbox_id, struct span name, bool on);

/* ------------------------------------------------------------------------ snapshots */

struct snapshot {
	int64_t mailbox_id, folder_id;
	int64_t uidvalidity, uidnext, highestmodseq;
	size_t len;               /* sequence number n is index n - 1 */
	const uint32_t *uid;      /* ascending */
	const uint8_t *flags;     /* enum message_flag */
	const uint64_t *keywords; /* bit i: keyword_names[i] */
	const uint64_t *modseq;
	const uint32_t *size_bytes;
	const int64_t *internal_at; /* Unix seconds */
	const int16_t *internal_zone;
	const struct span *keyword_names;
	size_t n_keywords;
};

/* The current state of a folder: from the cache when nothing has rung and highestmodseq was
 * looked at less than 15 s ago, else refreshed. `fresh`: ask the database for highestmodseq in
 * any case (SELECT, NOOP). RC_NOT_FOUND: the folder is gone (or was made again: other
 * uidvalidity). Release with snapshot_unref. */
MUST_CHECK enum rc snapshot_get(struct store *s, struct ctx *ctx, int64_t mailbox_id,
	int64_t folder_id, bool fresh, const struct snapshot **out);
const struct snapshot *snapshot_ref(const struct snapshot *snap);
void snapshot_unref(const struct snapshot *snap);
/* Index of uid, or of the first greater one (may be len). */
size_t snapshot_lower_bound(const struct snapshot *snap, uint32_t uid);
/* UIDs expunged after modseq (QRESYNC); RC_LIMIT: the log does not reach back that far, or more than
 * a million: compare with the snapshot instead. */
MUST_CHECK enum rc snapshot_vanished(struct store *s, struct ctx *ctx, int64_t mailbox_id,
	int64_t folder_id, int64_t since_modseq, uint32_t **out_uids, size_t *out_len);

/* Takes the folder's first_recent_uid for this session (SELECT, not EXAMINE): messages with a
 * uid >= *out are \Recent for it (RFC 3501 §2.3.2). */
MUST_CHECK enum rc folder_claim_recent(struct store *s, struct ctx *ctx, int64_t mailbox_id,
	int64_t folder_id, int64_t *out_first_recent_uid);

/* ------------------------------------------------------------------------ changing */

enum flag_op { FLAGS_SET, FLAGS_ADD, FLAGS_REMOVE };

struct flag_change {
	const uint32_t *uids; /* ascending */
	size_t n_uids;
	enum flag_op op;
	uint8_t flags;
	const struct span *keywords;
	size_t n_keywords;
	int64_t unchanged_since; /* -1: no condition (RFC 7162) */
};
struct flag_result {
	int64_t modseq;   /* 0: nothing changed */
	uint32_t *failed; /* MODIFIED: changed since unchanged_since */
	size_t n_failed;
};
/* A change that changes nothing bumps nothing. RC_LIMIT: too many keywords. */
MUST_CHECK enum rc message_set_flags(struct store *s, struct ctx *ctx, int64_t mailbox_id,
	int64_t folder_id, const struct flag_change *change, struct flag_result *out);

struct uid_pairs {
	int64_t uidvalidity; /* of the destination */
	uint32_t *from, *to; /* pairwise, ascending in `from` */
	size_t len;
};
/* Both all or nothing. UIDs that are not there are left out; none left is RC_OK with len 0.
 * RC_NOT_FOUND: no such destination. RC_LIMIT: quota (copy only). */
MUST_CHECK enum rc message_copy(struct store *s, struct ctx *ctx, int64_t mailbox_id,
	int64_t folder_id, const uint32_t *uids, size_t n, int64_t to_folder_id,
	struct uid_pairs *out);
MUST_CHECK enum rc message_move(struct store *s, struct ctx *ctx, int64_t mailbox_id,
	int64_t folder_id, const uint32_t *uids, size_t n, int64_t to_folder_id,
	struct uid_pairs *out);
/* Removes those of the UIDs that are \Deleted (only_deleted) or all of them. uids NULL: the whole
 * folder. out: what was removed, ascending; may be NULL. */
MUST_CHECK enum rc message_expunge(struct store *s, struct ctx *ctx, int64_t mailbox_id,
	int64_t folder_id, const uint32_t *uids, size_t n, bool only_deleted, uint32_t **out_uids,
	size_t *out_len);

/* ------------------------------------------------------------------------ appending */

/* What store computes from the bytes: blob columns and meta. Done outside any tx. */
struct prepared;
/* Is this header field among those that META_HEADERS brings? */
bool message_header_is_cached(struct span name);
MUST_CHECK enum rc message_prepare(struct store *s, struct arena *a, struct uuid id,
	struct span message, struct prepared **out);
/* Large: head in memory, the body in a spool file (whole message, offset 0). */
MUST_CHECK enum rc message_prepare_file(struct store *s, struct arena *a, struct uuid id,
	struct span head, int spool_fd, size_t total_size, struct prepared **out);

struct append_item {
	const struct prepared *message;
	uint8_t flags;
	const struct span *keywords;
	size_t n_keywords;
	int64_t internal_at; /* Unix seconds */
	int16_t internal_zone;
};
/* IMAP APPEND, import: atomic; UIDs in the order of the items. RC_LIMIT: over quota.
 * RC_NOT_FOUND: no such folder. */
MUST_CHECK enum rc message_append(struct store *s, struct ctx *ctx, int64_t mailbox_id,
	int64_t folder_id, const struct append_item *items, size_t n, int64_t *out_uidvalidity,
	uint32_t *out_uids);

/* As message_append for one message, with a statement of somebody else's in the same tx; what it fails
 * with (RC_EXISTS and the like) is the answer, and then nothing is done. */
struct append_also {
	const struct stmt *stmt;
	const struct arg *args;
	size_t n_args;
};
MUST_CHECK enum rc message_append_also(struct store *s, struct ctx *ctx, int64_t mailbox_id,
	int64_t folder_id, const struct append_item *item, const struct append_also *also,
	uint32_t *out_uid);

/* IMAP REPLACE: appends one message to to_folder_id and expunges another, both or neither. The old
 * one's size is not counted against the quota. RC_CONFLICT: the old one is gone; else as above. */
struct replaced {
	int64_t folder_id;
	uint32_t uid;
	int64_t size_bytes;
};
MUST_CHECK enum rc message_replace(struct store *s, struct ctx *ctx, int64_t mailbox_id,
	const struct replaced *old, int64_t to_folder_id, const struct append_item *item,
	int64_t *out_uidvalidity, uint32_t *out_uid);

/* Delivery (deliver/intake only): one message to the INBOX (or Junk) of each local recipient, each at
 * most once, and into the queue for the others, with its trace events. Deliveries of several threads are committed together.
 * RC_OK: durable in all of them. RC_TEMP: in none. An unknown commit is resolved by looking the
 * blob id up. */
/* Between these a message is on its way to message_deliver; the end comes before it, or when there
 * will be none. A leader that knows of others waits a moment for their company. */
void delivery_begin(struct store *s);
void delivery_end(struct store *s);

struct delivery_target {
	int64_t mailbox_id;
	int64_t domain_id;
	struct span address; /* for the trace */
	bool junk;
};
struct delivery_event {
	int64_t domain_id;  /* 0: none */
	int64_t mailbox_id; /* 0: none */
	struct span rcpt;
	struct span name;     /* "message.delivered" */
	struct span text;     /* plain words */
	struct span evidence; /* JSON object or empty */
};
/* A recipient on another server: becomes a row of the outbound queue (queue/queue.h has the words).
 * What a mailbox sends is counted in the same tx, and held beyond its limits. */
struct delivery_job {
	int64_t account_id, domain_id;
	int64_t mailbox_id; /* the sender's; 0: forwarded or made by the server, not counted */
	struct span mail_from, rcpt, original_rcpt, destination, envid;
	unsigned notify, ret;
	bool smtputf8, body_8bit;
	int priority;
	int64_t not_before_us;   /* 0: at once */
	struct span hold_reason; /* empty: not held */
};
struct delivery {
	const struct prepared *message; /* its blob id is the delivery id */
	struct span mail_from;
	const struct delivery_target *targets;
	size_t n_targets;
	const struct delivery_job *jobs;
	size_t n_jobs;
	const struct delivery_event *events;
	size_t n_events;
	int64_t received_at; /* Unix seconds */
	/* A statement to be committed with it, or NULL: a bounce and the end of its job. */
	const struct stmt *also;
	const struct arg *also_args;
	size_t n_also_args;
};
MUST_CHECK enum rc message_deliver(struct store *s, struct ctx *ctx, const struct delivery *d);

/* Events of a message that is not stored. */
MUST_CHECK enum rc events_record(struct ctx *ctx, struct uuid trace_id, struct span mail_from,
	const struct delivery_event *events, size_t n);

/* For the trace: recipients that were refused. Those of domains that are not ours are left out. */
struct refusal {
	struct span mail_from;
	struct span rcpt, domain;
	struct span text;   /* plain words */
	enum figure figure; /* counts as; for those whose domain is ours */
};
MUST_CHECK enum rc refusals_record(struct ctx *ctx, const struct refusal *items, size_t n);

/* ------------------------------------------------------------------------ reading */

enum meta_want {
	META_ENVELOPE = 1,
	META_BODYSTRUCTURE = 2,
	META_HEADERS = 4,
	META_LIST = 8, /* subject, from, to, preview, attachment, date, thread: webmail's row */
	META_IDS = 16, /* blob, thread, message_id, saved_at; they come with META_LIST too */
};
struct message_row {
	uint32_t uid;
	struct span envelope, bodystructure, headers;
	struct span subject, from_text, to_text, preview;
	struct span message_id;
	struct uuid thread_id, blob_id;
	int64_t sent_at;  /* Unix seconds; 0: none */
	int64_t saved_at; /* when it came into this folder */
	bool has_attachment;
};
/* One round trip for up to 1,000 UIDs (ascending); rows in the order asked, messages that are gone
 * are left out. Memory: ctx->arena. */
MUST_CHECK enum rc message_rows(struct store *s, struct ctx *ctx, int64_t mailbox_id,
	int64_t folder_id, const uint32_t *uids, size_t n, unsigned want, struct message_row *out,
	size_t *out_len);

struct message_bytes {
	uint32_t uid;
	struct span bytes; /* whole message or head only */
	bool unreadable;   /* its blob is damaged or out of reach; bytes is empty */
};
/* Bytes of several messages in one round trip; stops after max_bytes (at least one message), so
 * call again for the rest. Gone messages are left out. *out_done: how many UIDs were handled. */
MUST_CHECK enum rc message_read(struct store *s, struct ctx *ctx, int64_t mailbox_id,
	int64_t folder_id, const uint32_t *uids, size_t n, bool head_only, size_t max_bytes,
	struct message_bytes *out, size_t *out_len, size_t *out_done);

/* ------------------------------------------------------------------------ mailbox-wide */

/* Housekeeping of the send role: the change log keeps the last CHANGE_LOG_KEPT changes of a folder,
 * at least; clients that were away for longer compare instead (RC_LIMIT of snapshot_vanished). At
 * most `limit` folders at a time. */
#define CHANGE_LOG_KEPT 10000
MUST_CHECK enum rc change_log_trim(struct ctx *ctx, size_t limit, size_t *out_deleted);

struct mailbox_usage {
	int64_t messages, size_bytes;
};
MUST_CHECK enum rc mailbox_usage(struct ctx *ctx, int64_t mailbox_id, struct mailbox_usage *out);

/* Exclusive POP3 lease (RFC 1939 §8): RC_CONFLICT when another session holds it. Renew before
 * ttl_s; owner is a random session id. */
MUST_CHECK enum rc pop3_lease_take(
	struct ctx *ctx, int64_t mailbox_id, struct span owner, int ttl_s);
void pop3_lease_drop(struct ctx *ctx, int64_t mailbox_id, struct span owner);
