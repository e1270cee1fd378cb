/*
 * The one door for messages: from the MX port, from submission, from webmail and the API.
 *
 *   intake_open -> intake_add_rcpt ... -> intake_write ... -> intake_commit -> 250
 *
 * State table and crash guarantees:
 *   collecting  bytes in memory, above mail.spool_threshold in a spool file; nothing durable.
 *               A crash or intake_abort leaves nothing (the spool file is unlinked at creation).
 *   committing  blob durable, then one tx with messages, jobs and events.
 *               RC_OK   everything is durable: say 250.
 *               RC_TEMP nothing was stored, or it is unknown and was looked up as absent: say 451.
 *   after       bells have rung.
 * A message is stored at most once in each mailbox (delivery id = blob id).
 *
 * intake knows no protocol: dot-stuffing and line rules are the speaker's.
 */
#pragma once

#include "mailcore/auth/results.h"
#include "mailcore/base/ctx.h"
#include "mailcore/base/random.h"
#include "mailcore/base/rc.h"
#include "mailcore/directory/directory.h"
#include "mailcore/net/addr.h"
#include "mailcore/queue/queue.h"
#include "mailcore/store/store.h"

struct intake;
struct inbound_env; /* inbound.h */

struct intake_env {
	struct store *store;
	const char *hostname;
	const char *spool_dir;
	size_t spool_threshold;
	size_t disk_reserve; /* with less room than that nothing is taken in */
	size_t max_size;
	struct keys *keys; /* for DKIM signatures on our own mail; NULL: none are made */
	const struct inbound_env *inbound; /* judges mail from the world; NULL: nothing does */
};

/* What was noticed about a peer before its message came, for the score. The weight is a proposal. */
#define INTAKE_SIGNALS_MAX 8
struct intake_signal {
	const char *name; /* "helo.not_a_name" */
	int tenths;       /* of a point; above 0 speaks against the message */
	struct span text; /* the evidence in plain words */
};

#define BULK_RECIPIENTS 25

/* Where the message comes from: for Received, the trace and policy. Borrowed until commit. */
struct intake_source {
	struct addr peer;
	struct span helo;
	struct span protocol;             /* "ESMTPS", "ESMTPSA", "HTTPS" (RFC 3848) */
	struct span tls;                  /* "TLSv1.3 TLS_AES_256_GCM_SHA384", or empty */
	struct span mail_from;            /* without brackets, "" for the null sender */
	const struct mailbox_ref *sender; /* submission: who has logged in; NULL from the world */
	const struct intake_signal *signals; /* read at the commit: more may come until then */
	size_t n_signals;

	/* What recipients on other servers need to know. */
	struct span envid; /* as given, xtext */
	enum dsn_ret ret;
	bool smtputf8; /* was asked for */
	bool bulk;     /* must not delay a person's mail */
	/* Send later, and undo; 0: at once. With a sender: all recipients wait in the queue until then,
	 * those of our own too, and so does the copy for Sent; deliver/outbox.h takes it back. */
	int64_t not_before_us;
	struct span later_subject, later_to; /* for the list of what waits */
	/* The server itself has made it (a bounce): no peer, and nobody's limits. */
	bool internal;
	/* A statement that is committed with the message, or NULL. */
	const struct stmt *also;
	const struct arg *also_args;
	size_t n_also_args;
};

/* Would a message of that size (0: unknown) fit on the disk? */
bool intake_has_room(const struct intake_env *env, uint64_t size);
struct intake *intake_open(
	const struct intake_env *env, struct ctx *ctx, const struct intake_source *source);
/* Recipients from recipient_resolve or rcpt.h; the same mailbox or address twice counts once. Those on
 * other servers become jobs: from our users with their sender, forwarded ones with one that leads
 * back to us (srs.h) and a Delivered-To, by which a circle is found. */
void intake_add_rcpt(struct intake *in, const struct recipient *rcpt);
/* Message bytes with CRLF line ends, dots unstuffed. RC_LIMIT: above max_size (keep feeding, it is
 * swallowed); RC_TEMP: disk trouble. Copies. */
MUST_CHECK enum rc intake_write(struct intake *in, struct span bytes);
size_t intake_size(const struct intake *in);
/* Checks the header (Received loop, From), writes Return-Path and Received, stores, rings. On
 * RC_OK *out_id is the id for the reply and the trace. RC_INVALID / RC_LIMIT / RC_DENIED: refuse
 * for good, err says why, err->field holds the enhanced status ("5.4.6"). Frees the intake. */
MUST_CHECK enum rc intake_commit(
	struct intake *in, struct ctx *ctx, struct uuid *out_id, struct err *err);
/* Refused by the speaker after its end: an event for the trace. Frees the intake. */
void intake_refuse(struct intake *in, struct ctx *ctx, const struct err *err);
void intake_abort(struct intake *in);
