/*
 * SMTP command lines to structs (RFC 5321 §4.1.2, 1870, 3030, 3461, 4954, 6152, 6531). Pure.
 *
 * Lenient where the world is and it does no harm: white space behind "FROM:" and "TO:" and at the
 * end of a line; without brackets only when asked for (our users' programs). Everything else is
 * the grammar. Limits: path 256 octets without its source route, local part 64, domain 255, ENVID
 * 100, ORCPT 500.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"
#include "mailcore/deliver/intake.h"

#define SMTP_HELO_MAX  255
#define SMTP_PATH_MAX  256
#define SMTP_ENVID_MAX 100
#define SMTP_ORCPT_MAX 500

enum parse {
	PARSE_OK,
	PARSE_SYNTAX,        /* 501 5.5.4: not the command's form */
	PARSE_ADDRESS,       /* 501 5.1.3, 5.1.7: no address */
	PARSE_PARAM_VALUE,   /* 501 5.5.4: a parameter twice, or with a value that it cannot have */
	PARSE_PARAM_UNKNOWN, /* 555 5.5.4 */
};

/* One line without its line end: the verb, and what follows it, trimmed at the end. False: a
 * control character in it (a bare CR as well). */
bool smtp_line_parse(struct span frame, struct span *out_verb, struct span *out_arg);

/* A name or an address literal; what looks like neither is let through, not trusted. */
bool smtp_helo_parse(struct span arg, struct span *out);

struct smtp_path {
	struct span local;  /* unquoted; empty: the null sender */
	struct span domain; /* as written; empty for the null sender and a bare <postmaster> */
	struct span text;   /* local@domain without brackets and source route, quoted as needed */
	bool utf8;          /* not all ASCII: needs SMTPUTF8 */
};

struct smtp_mail {
	struct smtp_path from;
	uint64_t size; /* 0: not said */
	bool smtputf8;
	enum dsn_ret ret;
	struct span envid; /* xtext, as given */
};

struct smtp_rcpt {
	struct smtp_path to;
	unsigned notify;   /* enum notify */
	struct span orcpt; /* type;xtext, as given */
};

/* Memory: the arena. */
enum parse smtp_mail_parse(
	struct arena *a, struct span arg, bool brackets_optional, struct smtp_mail *out);
enum parse smtp_rcpt_parse(
	struct arena *a, struct span arg, bool brackets_optional, struct smtp_rcpt *out);
/* RFC 3030: BDAT SP chunk-size [ SP "LAST" ] */
bool smtp_bdat_parse(struct span arg, uint64_t *out_size, bool *out_last);
/* RFC 4954: AUTH SP mechanism [ SP initial-response ]; ptr of the response NULL when absent. */
bool smtp_auth_parse(struct span arg, struct span *out_mechanism, struct span *out_initial);
