/* Mail domains. */
#pragma once

#include "backend/accounts/actor.h"
#include "backend/accounts/services.h"
#include "backend/accounts/suspension.h"

struct domain {
	int64_t domain_id, account_id;
	struct span name;     /* A-labels, lower case: the key everywhere */
	struct span unicode;  /* the same for the eye */
	struct span account;  /* login of the owner */
	struct span alias_of; /* it is another name of this domain; or empty */
	int64_t names;        /* how many other names it has */
	bool keys_due;        /* its RSA key will be made in the background (dkim_due_turn) */
	struct suspension suspension;
	struct span dmarc; /* what DMARC's wish means for its mail: "apply", "junk", "ignore" */
	int64_t mailboxes, aliases, size_bytes;
	int64_t created_at_us, deleted_at_us;
	int64_t version;
};
struct domains {
	struct domain *items;
	size_t len;
	struct span next_cursor;
};

struct domain_new {
	struct span name;    /* U-labels are fine */
	struct span account; /* login; empty: the actor's own, or that of alias_of */
	/* A domain of the same account: mail for x@ the new one goes to x@ this one. Or empty. */
	struct span alias_of;
	bool keys_later; /* for imports: an RSA key takes a tenth of a second and more */
};
struct domain_change {
	struct suspension_change suspension;
	struct span dmarc;   /* empty: unchanged */
	struct span account; /* login of the new owner; empty: unchanged */
	int64_t version;     /* If-Match; 0: any */
};

/* A-label form of a domain name as people type it: NFC, IDNA 2008, no final dot, at least two
 * labels, no address literal. RC_INVALID (field "name"). Memory: ctx->arena. */
MUST_CHECK enum rc domain_name_normalise(
	struct ctx *ctx, struct span text, struct span *out, struct err *err);
/* For the eye; the A-label form where it cannot be shown safely. */
struct span domain_name_unicode(struct arena *a, struct span name);

/* RC_CONFLICT, with a sentence: the domain is another name of one, so addresses belong to that one. */
MUST_CHECK enum rc domain_takes_addresses(const struct domain *domain, struct err *err);

/* With DKIM keys (RSA 2048 and Ed25519) in state "pending". RC_EXISTS; RC_LIMIT. */
MUST_CHECK enum rc domain_create(const struct services *s, struct ctx *ctx,
	const struct domain_new *in, struct domain *out, struct err *err);
MUST_CHECK enum rc domain_get(const struct services *s, struct ctx *ctx, struct span name,
	struct domain *out, struct err *err);
MUST_CHECK enum rc domain_list(const struct services *s, struct ctx *ctx,
	const struct list_ask *ask, struct domains *out, struct err *err);
/* A new owner needs room for all of it: RC_LIMIT. */
MUST_CHECK enum rc domain_update(const struct services *s, struct ctx *ctx, struct span name,
	const struct domain_change *change, struct domain *out, struct err *err);
/* 30 days of undo; the name is free at once. RC_CONFLICT while it has other names, and while it
 * has mailboxes or aliases, unless these are to go with it. */
MUST_CHECK enum rc domain_delete(const struct services *s, struct ctx *ctx, struct span name,
	bool with_content, int64_t version, struct err *err);
/* Brings back the one of this name that was deleted last. RC_EXISTS: the name is taken; RC_LIMIT. */
MUST_CHECK enum rc domain_restore(const struct services *s, struct ctx *ctx, struct span name,
	struct domain *out, struct err *err);

struct cJSON *domain_json(struct arena *a, const struct domain *domain);
