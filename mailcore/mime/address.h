/*
 * Addresses (RFC 5322 §3.4 with the obsolete syntax, RFC 6532 UTF-8).
 *
 * address_list_parse reads what is in header fields and never fails: what cannot be read is passed
 * over up to the next comma. addr_spec_parse is the strict one, for a single address that will be
 * used (SMTP paths, log-ins, API input).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

#define ADDRESS_COUNT_MAX  1000 /* entries of one list, group marks included */
#define ADDRESS_LOCAL_MAX  64
#define ADDRESS_DOMAIN_MAX 255

enum address_kind {
	ADDRESS_MAILBOX,
	ADDRESS_GROUP_BEGIN, /* name is the group's */
	ADDRESS_GROUP_END,
};

struct address {
	enum address_kind kind;
	struct span name;     /* for people: decoded UTF-8; ptr is NULL when absent */
	struct span raw_name; /* unquoted, encoded-words as they came */
	struct span local;    /* unquoted and without comments */
	struct span domain; /* as written without comments, "[192.0.2.1]" too; empty when missing */
};

struct address_list {
	struct address *items;
	size_t len;
	bool cut; /* there were more than ADDRESS_COUNT_MAX */
};

void address_list_parse(struct arena *a, struct span value, struct address_list *out);
/* The first mailbox of a list; NULL when there is none. */
const struct address *address_first(const struct address_list *list);
/* local@domain, the local part quoted if it needs that. */
void address_add_spec(struct str *out, const struct address *address);

struct addr_spec {
	struct span local; /* unquoted; case as written */
	struct span domain;
	bool literal; /* domain is an address literal with its brackets */
};

/*
 * RFC 5321: Mailbox = Local-part "@" ( Domain / address-literal )
 * Local-part = Dot-string / Quoted-string, UTF-8 allowed (RFC 6531)
 *
 * The whole span, no comments, no white space, lengths as above (each at least 1). The domain is
 * checked for its letters and label lengths, not for being fully qualified.
 */
bool addr_spec_parse(struct arena *a, struct span text, struct addr_spec *out);
/* Appends local@domain, quoted if needed. */
void addr_spec_add(struct str *out, struct span local, struct span domain);
