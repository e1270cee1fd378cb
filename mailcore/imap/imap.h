/*
 * IMAP4rev1 and IMAP4rev2 (RFC 3501, RFC 9051) over the I/O loop.
 *
 * Listeners are given &imap_protocol with a struct imap_options as their argument. The extensions
 * spoken are those of the CAPABILITY answer (reply.c).
 */
#pragma once

#include "mailcore/net/addr.h"
#include "mailcore/net/loop.h"

struct store;
struct directory;

/* Borrowed for as long as the loop runs. */
struct imap_options {
	struct store *store;
	struct directory *directory;
	const char *hostname;
	const char *spool_dir;   /* for messages being appended */
	size_t spool_threshold;  /* a larger one goes there */
	size_t max_message_size; /* APPENDLIMIT */
	int64_t timeout_ms;      /* silence after log-in; RFC 9051 §5.4: at least 30 min */
	const struct net_list *plaintext_networks; /* log-in without TLS is allowed from there */
};

extern const struct protocol imap_protocol;
