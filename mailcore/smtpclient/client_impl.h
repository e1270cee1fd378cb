/* Shared by the files of this folder: a connection's state and the exchange of commands. */
#pragma once

#include "mailcore/smtpclient/smtpclient.h"
#include "mailcore/smtpclient/wire.h"

struct smtpclient {
	struct wire wire;
	struct addr peer;
	unsigned extensions;
	uint64_t size_max;
	int64_t command_ms, data_ms;
	int64_t opened_ms;
	unsigned uses;
	bool broken; /* out of step, or the peer has said goodbye: close */
	char tls_text[96];
};

static inline int64_t client_wait(int64_t given, int64_t fallback)
{
	return given > 0 ? given : fallback;
}

/* Our own words as a reply with code 0. */
void client_say(struct ctx *ctx, struct smtpclient_reply *out, const char *status, const char *why);
/* Reads one reply. RC_OK; RC_TEMP: time-out, connection gone, malformed: c is broken, *out says so
 * in words. 421 makes c broken too. *lines (may be NULL) stays valid until the next reply. */
MUST_CHECK enum rc client_read_reply(struct smtpclient *c, struct ctx *ctx, int64_t wait_ms,
	struct smtpclient_reply *out, struct reply_parser *lines);
/* Sends what is in wire.out. False: the connection is gone, and nothing was said that could still be
 * read: *out says why. */
bool client_flush(
	struct smtpclient *c, struct ctx *ctx, int64_t wait_ms, struct smtpclient_reply *out);
/* Sends what is in wire.out (one command, nothing may be waiting from the peer) and reads the
 * reply. */
MUST_CHECK enum rc client_ask(struct smtpclient *c, struct ctx *ctx, int64_t wait_ms,
	struct smtpclient_reply *out, struct reply_parser *lines);
/* The peer has said something nobody asked for: c is broken, *out says so. */
bool client_is_in_step(struct smtpclient *c, struct ctx *ctx, struct smtpclient_reply *out);
