/*
 * Who exists: how mail roles ask about addresses. Read-only; the panel's services write.
 *
 * Every answer is fresh from the database: a mailbox made a moment ago receives mail at once. What
 * RCPT may keep for a moment, and why that promise stands, is in recipient_cache.h.
 * Local parts are compared in lower case and NFC, domains as A-labels; "+detail" after the local
 * part is ignored when the exact address does not exist. A domain that is another name of a domain
 * answers like that one. Database trouble is RC_TEMP, never "unknown".
 */
#pragma once

#include "mailcore/base/ctx.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"

struct keys;
struct directory; /* what log-ins need: keys and the limiter; one a process */

struct directory *directory_new(struct keys *keys, const char *exempt_networks);
void directory_free(struct directory *d);

/* Ways in that a mailbox may have switched off one by one. */
enum mailbox_service {
	SERVICE_IMAP = 1,
	SERVICE_POP3 = 2,
	SERVICE_SUBMISSION = 4,
	SERVICE_WEBMAIL = 8,
};

/* A local mailbox as the mail roles need it. */
struct mailbox_ref {
	int64_t mailbox_id;
	int64_t domain_id;
	int64_t account_id;
	struct span address; /* canonical: localpart@domain, arena */
	struct span name;
	int64_t quota_bytes; /* 0: none */
	/* Its own switches, its domain's and those of the accounts above, taken together. */
	bool no_login, no_send, no_receive, hold_out;
	unsigned no_services; /* enum mailbox_service bits */
	struct span reason;   /* of the suspension, for its owner; may be empty */
};

enum recipient_kind {
	RECIPIENT_MAILBOX,
	RECIPIENT_REMOTE, /* an alias' target on another server */
};

struct recipient {
	enum recipient_kind kind;
	struct mailbox_ref mailbox;
	struct span address;  /* remote: where to */
	struct span original; /* the address of RCPT TO */
	struct span detail;   /* after '+', for later */
	/* What the sender wants to hear (RFC 3461); the speaker of SMTP fills it in. */
	unsigned notify; /* bits of queue/queue.h */
	struct span orcpt;
};

struct recipients {
	struct recipient *items;
	size_t len;
};

/* Resolves one RCPT address: mailbox, alias (nested up to 10 deep, 100 targets, loops cut),
 * catch-all, postmaster (the domain's, or the nearest there is). One round trip in the usual case.
 * RC_NOT_FOUND: the domain is ours, the user is not. RC_DENIED: the domain is not ours.
 * RC_LIMIT: the mailbox is full (err->field "4.2.2": now; "5.2.2": for a message of that size, for
 * good). RC_CONFLICT: receiving is switched off. RC_TEMP. Memory: ctx->arena.
 * postmaster@ and abuse@ always have somebody; with an empty domain they are the server's. */
MUST_CHECK enum rc recipient_resolve(struct ctx *ctx, struct span localpart, struct span domain,
	struct recipients *out, struct err *err);

/* The same for a message of which the sender says how large it is (0: unknown). */
MUST_CHECK enum rc recipient_resolve_sized(struct ctx *ctx, struct span localpart,
	struct span domain, uint64_t size, struct recipients *out, struct err *err);

/* As domains are kept: A-labels, lower case. What is no name stays as it is. */
struct span domain_to_ascii(struct arena *a, struct span domain);
/* RC_NOT_FOUND: not ours. */
struct domain_ref {
	int64_t domain_id, account_id;
};
MUST_CHECK enum rc domain_owner(struct ctx *ctx, struct span domain, struct domain_ref *out);
/* The secret of sender rewriting (deliver/srs.h). Memory: ctx->arena. */
MUST_CHECK enum rc directory_srs_secret(struct ctx *ctx, struct span *out);
/* What DMARC's wish about a message means for the recipients of a domain. */
enum domain_dmarc { DOMAIN_DMARC_APPLY, DOMAIN_DMARC_JUNK, DOMAIN_DMARC_IGNORE };
/* By id, or by name when that is 0. A domain that is not there applies it. RC_TEMP. */
MUST_CHECK enum rc domain_dmarc_find(
	struct ctx *ctx, int64_t domain_id, struct span name, enum domain_dmarc *out);
/* RC_OK: ours. */
MUST_CHECK enum rc domain_is_local(struct ctx *ctx, struct span domain);

MUST_CHECK enum rc mailbox_find(struct ctx *ctx, struct span address, struct mailbox_ref *out);
MUST_CHECK enum rc mailbox_find_id(struct ctx *ctx, int64_t mailbox_id, struct mailbox_ref *out);

/* May this mailbox send as `address` (its own, +detail, an alias with it as a target)? RC_OK or
 * RC_DENIED. */
MUST_CHECK enum rc mailbox_may_send_as(
	struct ctx *ctx, const struct mailbox_ref *mailbox, struct span address);

/* May `sender` (empty: the null path) write to this address? Groups may be closed: RC_DENIED, with a
 * sentence. RC_OK for whatever is no such group. Ask it for recipients that came through an alias. */
MUST_CHECK enum rc recipient_may_post(struct ctx *ctx, struct span localpart, struct span domain,
	struct span sender, struct err *err);

/* Log-in of a mailbox over SMTP, IMAP, POP3 or webmail, with the one limiter.
 * RC_OK; RC_DENIED: wrong password or unknown user, in the same time; RC_LIMIT: too many
 * failures, try later; RC_CONFLICT: log-in, or this service, is switched off; RC_TEMP: database
 * away - never "wrong password". peer: textual address, for the limiter. service: "imap", "pop3",
 * "smtp" or "webmail". */
MUST_CHECK enum rc mailbox_login(struct directory *d, struct ctx *ctx, struct span address,
	struct span password, const char *service, const char *peer, struct mailbox_ref *out);

/* The same limiter for log-ins that are not a mailbox's (panel accounts): may this be tried at all;
 * it was wrong. */
bool directory_may_try(struct directory *d, struct span login, const char *peer);
void directory_has_failed(struct directory *d, struct span login, const char *peer);
