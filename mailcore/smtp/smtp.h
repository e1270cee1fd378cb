/*
 * SMTP: mail from the world (MX) and from our users (submission), one code with options.
 *
 * RFC 5321, 3207 STARTTLS, 1870 SIZE, 2920 PIPELINING, 6152 8BITMIME, 6531 SMTPUTF8, 3030
 * CHUNKING, 2034 enhanced status codes, 4954 AUTH, 6409 submission, 9422 LIMITS.
 *
 * A transaction lives in one struct that is emptied in one place after every end, good or bad.
 * Message bytes go through deliver/intake; 250 is said after its commit. A recipient, a quota or
 * a policy is refused here, never by a bounce.
 */
#pragma once

#include "mailcore/deliver/intake.h"
#include "mailcore/net/loop.h"

#define SMTP_LINE_MAX      2048   /* a command line (RFC 5321: 512, and what extensions add) */
#define SMTP_AUTH_LINE_MAX 12288  /* AUTH and its answers (RFC 4954 §4) */
#define SMTP_ERRORS_MAX    20     /* refused commands of a session */
#define SMTP_ERRORS_STRESS 5      /* the same while places are short */
#define SMTP_ERRORS_FREE   5      /* before each further one waits */
#define SMTP_JUNK_MAX      100    /* NOOP, RSET, VRFY ... without a message in between */
#define SMTP_COMMANDS_MAX  1000   /* commands without a message in between */
#define SMTP_TALK_MS       600000 /* time for commands without a message in between */
#define SMTP_CHUNKS_MAX    10000  /* BDAT commands of one message */
#define SMTP_UNKNOWN_FREE  5      /* unknown recipients before each further one waits */
#define SMTP_TARPIT_MS     1000

struct recipient_cache;

extern const struct protocol smtp_protocol;

/* What a listener gives to its sessions (loop_listen's arg). Lives as long as the loop. */
struct rates;
struct smtp_options {
	bool submission; /* log-in needed, sender rules; else mail from the world */
	const char *hostname;
	struct directory *directory;
	struct recipient_cache *recipients; /* NULL: each is asked for */
	const struct intake_env *intake;
	size_t max_recipients;
	int64_t timeout_ms;
	struct rates *rates; /* abuse.h; NULL: no limits */
	/* From there log-in is allowed without TLS; NULL: from nowhere. */
	const struct net_list *plaintext_networks;
};
