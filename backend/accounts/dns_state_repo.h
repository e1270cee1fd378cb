/* Rows of dns_state, dns_change and dns_schedule: what was seen of domains' records. Results in
 * ctx->arena. What the states mean is backend/dns/watch.c's business. */
#pragma once

#include "mailcore/base/ctx.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"

struct dns_seen {
	struct span key; /* "TXT _dmarc.example.test" */
	struct span purpose;
	struct span status; /* "ok" ... */
	struct span found;  /* JSON array of texts */
	struct span hint;
	int64_t doubts;
	int64_t since_us;
	struct span servers; /* JSON array: what each server has said */
};
struct dns_seen_list {
	struct dns_seen *items;
	size_t len;
};
struct dns_change {
	struct span key, purpose, before, after;
	struct span found; /* JSON array; not read by dns_changes */
	int64_t at_us;
};
struct dns_changes {
	struct dns_change *items; /* newest first */
	size_t len;
};

MUST_CHECK enum rc dns_state_read(
	struct ctx *ctx, int64_t domain_id, struct dns_seen_list *out, int64_t *out_checked_at_us);
MUST_CHECK enum rc dns_changes_read(
	struct ctx *ctx, int64_t domain_id, int64_t limit, struct dns_changes *out);
/* Inside the caller's tx: all that was seen now, what of it is a change, and in how many seconds to
 * look again. Rows for other keys go. */
MUST_CHECK enum rc dns_state_write(struct ctx *ctx, int64_t domain_id,
	const struct dns_seen_list *seen, const struct dns_changes *changes, int64_t again_s);
/* Mail for the owner, unless that is switched off. Inside the caller's tx. */
MUST_CHECK enum rc dns_notice_add(
	struct ctx *ctx, int64_t domain_id, struct span subject, struct span text);
/* Names of up to max domains that are due, nobody else's for ten minutes. */
MUST_CHECK enum rc dns_schedule_claim(
	struct ctx *ctx, size_t max, struct span **out_names, size_t *out_len);
/* The account that the scheduler acts for. RC_NOT_FOUND: there is none yet. */
MUST_CHECK enum rc dns_first_admin(struct ctx *ctx, int64_t *out_account_id);
