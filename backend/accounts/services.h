/*
 * What services stand on; one of these a process. Passed first to every service function.
 *
 * A service: may the actor (ctx->actor, never NULL here) do this? -> normalise and validate (err
 * names the field) -> slow things (hashing, key generation) -> one tx with its audit row -> bell.
 * Services return rc and a sentence; front ends translate. Results live in ctx->arena.
 */
#pragma once

#include <stdint.h>

#include "mailcore/base/ctx.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"

struct keys;
struct store;
struct directory;
struct resolver;
struct cJSON;

struct services {
	struct keys *keys;
	struct store *store;         /* NULL where no mail is touched (command line) */
	struct directory *directory; /* log-in of mailboxes; NULL: only panel accounts */
	struct resolver *resolver;   /* for DNS checks; may be NULL */
	const char *hostname;        /* the mail server's name */
	const char *addresses;       /* its public addresses, comma-separated */
	const char *tls_cert;        /* PEM file of the mail server's certificate; NULL: unknown */
	int64_t smtp_port;           /* of mail servers that DNS checks look at; 0: none is */
	const char *dns_lists;   /* mail.dns_lists: where our addresses should not be; NULL: none */
	int64_t dns_port;        /* of domains' own name servers; 0: 53 */
	const char *tls_key;     /* its key; NULL: unknown */
	const char *url;         /* https://panel.example.net */
	const char *run_dir;     /* where roles write what they are doing; NULL: unknown */
	const char *status_file; /* what the supervisor says of the roles; NULL: unknown */
};

/* One page of a list. */
#define LIST_LIMIT_DEFAULT 50
#define LIST_LIMIT_MAX     200
struct list_ask {
	int64_t limit;      /* 0: LIST_LIMIT_DEFAULT */
	struct span cursor; /* next_cursor of the page before; empty: from the start */
	struct span domain; /* only this domain; empty: all */
	struct span search; /* part of the name; empty: all */
	struct span role;   /* accounts: only this role; empty: all */
	/* Lists of domains, mailboxes, aliases and accounts: */
	struct span sort;    /* "name", "created" ... or "-created"; empty: by name */
	struct span state;   /* "active" or "suspended"; empty: both */
	struct span account; /* log-in: only at or below it; empty: one's own */
};

/* If-Match: a service that is given a version other than 0 changes only that version
 * (RC_CONFLICT, err->field "if_match"). */
