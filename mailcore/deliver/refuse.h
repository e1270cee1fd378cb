/*
 * The trace of a message that was refused after its end: one event a local recipient, and one for
 * the sender's mailbox, so that customers see what did not arrive, and why.
 *
 * Best effort: without a database there is no event, and nobody waits for more than the step's
 * deadline. Of the message only its Message-ID and subject are kept.
 */
#pragma once

#include "mailcore/deliver/intake.h"

struct refusal_facts {
	const struct intake_source *source;
	const struct delivery_target *targets;
	size_t n_targets;
	struct span head; /* as far as it was kept; may be empty */
	size_t size;
	const struct err *err; /* why: sentence, and the enhanced status in `field` */
	const struct inbound_verdict *verdict; /* NULL: it was not judged */
};

/* The events have this id. */
void refusal_record(struct ctx *ctx, struct uuid id, const struct refusal_facts *facts);
