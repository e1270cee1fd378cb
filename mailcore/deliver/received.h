/*
 * The trace fields that we put on top of a message (RFC 5321 §4.4): Return-Path,
 * Authentication-Results (RFC 8601), Received.
 *
 * What a peer has said about itself is written only when it has the form of a host name or address
 * literal; our own view of it, its address, always. The single recipient is named, several are
 * not: they need not know of each other.
 */
#pragma once

#include <stdint.h>

#include "mailcore/base/random.h"
#include "mailcore/base/rc.h"
#include "mailcore/deliver/intake.h"

#define RECEIVED_MAX 4096 /* bytes of both fields */

struct received {
	const struct intake_source *source;
	const char *hostname;
	struct uuid id;
	struct span only_rcpt;    /* empty: none, or several */
	struct span auth_results; /* value of Authentication-Results; empty: none */
	int64_t at_s;
};

/* A host name or an address literal (RFC 5321 §4.1.2, underscores allowed). */
bool helo_is_name(struct span helo);
/* False: the text cannot be written as header fields; nothing sensible was added. */
MUST_CHECK bool received_add(struct str *out, const struct received *r);
