/*
 * One attempt to deliver a group of jobs (one message, one destination) to the world.
 *
 *   route -> MX or smarthost -> connection (kept, or new) -> TLS -> one transaction -> results
 *
 * Waits for the peer: only delivery threads call it. No tx and no database statement is open while
 * a peer is waited for. The bytes come from the blob store piece by piece and are never changed
 * here: what is signed stays as it is. So a message with 8-bit text for a server without 8BITMIME
 * fails with 5.6.3 (submission has encoded our users' mail before it was signed), and one that
 * needs SMTPUTF8 with 5.6.7 where that is not offered.
 *
 * At most MX_ADDRESSES_MAX addresses are tried and REMOTE_SESSIONS_MAX servers spoken to. A server
 * that cannot be reached, says 421, or says no before MAIL sends us to the next one; 5xx before MAIL
 * is final when all say it. A recipient refused with 4xx is tried at the next server within the same
 * attempt, one refused with 5xx is not.
 * When the connection breaks after the end of the message was sent, nobody knows: the result is
 * OUTCOME_LATER with in_doubt, and the next attempt may deliver a second time (RFC 1047).
 */
#pragma once

#include "mailcore/base/ctx.h"
#include "mailcore/blob/blob.h"
#include "mailcore/net/mx.h"
#include "mailcore/queue/queue.h"

#define REMOTE_SESSIONS_MAX 2

struct client_cache; /* smtpclient/client_cache.h: connections kept for the next message */
struct sts;          /* deliver/sts.h: MTA-STS policies */
struct routes;       /* directory/route.h */
struct smarthost;    /* directory/smarthost.h */

/* Made once by the send role; shared by its delivery threads. */
struct remote_env {
	struct resolver *resolver;
	struct blob_store *blobs;
	struct client_cache *cache;        /* NULL: every message has its own connection */
	struct routes *routes;             /* of domains and accounts; NULL: there are none */
	const char *hostname;              /* EHLO */
	uint16_t port;                     /* delivery.port */
	const struct smarthost *smarthost; /* delivery.smarthost, for who has no other; NULL: MX */
	struct mx_self self;
	struct sts *sts;              /* NULL: nobody asks for MTA-STS */
	bool dns_validates;           /* the resolver's word on DNSSEC is to be believed: DANE */
	bool (*cancelled)(void *arg); /* looked at every second while waiting; NULL: never */
	void *cancelled_arg;
	/* Called when nothing more is wanted of the database, before a peer is spoken to. NULL: the
	 * caller keeps ctx->db. */
	void (*db_done)(struct ctx *ctx, void *arg);
	void *db_done_arg;
};

/* What has become of one job; everything queue_settle, an event and a DSN want to know. */
struct remote_result {
	enum outcome outcome;
	struct span status;     /* "2.0.0", "4.7.1": never empty */
	struct span reply;      /* "450 4.7.1 Greylisted", or our own words; QUEUE_REPLY_MAX */
	struct span remote_mta; /* the host that spoke; empty: nobody did, the words are ours */
	struct span text;       /* the event's sentence: what happened, and what it means */
	struct span advice;     /* what it means and what to do, for people: into the DSN */
	struct span evidence;   /* JSON: mx, address, tls, attempt, reply, reason, ms */
	bool stored;            /* OUTCOME_SENT, in a mailbox of ours (receipt.h) */
	bool relayed; /* OUTCOME_SENT, but DSN was not offered: a success notice is ours ("relayed") */
	bool in_doubt; /* OUTCOME_LATER, but it may have arrived */
};

struct remote_attempt {
	struct remote_result *results; /* one a job, in their order */
	bool unreachable; /* no server could be spoken to: counts against the destination */
	bool busy;        /* 421 or 4xx to all: fewer at a time */
};

/* Always gives a result for every job; trouble of our own (database, blob) is OUTCOME_LATER.
 * Memory: ctx->arena. ctx->deadline_ms is for the database; a session may last longer. */
void remote_deliver(const struct remote_env *env, struct ctx *ctx, const struct job_group *group,
	struct remote_attempt *out);
