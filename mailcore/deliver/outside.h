/*
 * Recipients on other servers: from what RCPT has found to jobs of the queue.
 *
 * Mail of our users keeps its sender, and is theirs. What an alias forwards belongs to the alias'
 * domain; its sender is rewritten (srs.h), the null sender stays.
 */
#pragma once

#include "mailcore/deliver/intake.h"

struct outside {
	struct recipient *items; /* kind RECIPIENT_REMOTE */
	size_t len, cap;
};

/* Copies; the same address twice counts once. */
void outside_add(struct outside *o, struct arena *a, const struct recipient *rcpt);
/* Adds a Delivered-To field for each address that forwards this message. */
void outside_add_fields(
	const struct outside *o, const struct intake_source *source, struct str *out);
/* RC_LIMIT: one of them has forwarded this message before, err says so. */
MUST_CHECK enum rc outside_check(const struct outside *o, const struct intake_source *source,
	struct span head, struct err *err);
/* utf8_head: the header needs SMTPUTF8; body_8bit: there is 8-bit text; room is left
 * behind them for so many more. RC_TEMP. Memory:
 * ctx->arena. */
MUST_CHECK enum rc outside_jobs(const struct outside *o, struct ctx *ctx,
	const struct intake_source *source, bool utf8_head, bool body_8bit, size_t more,
	struct delivery_job **out);
/* The domain of an address, as the queue knows destinations: A-labels, lower case. */
struct span outside_destination(struct arena *a, struct span address);
