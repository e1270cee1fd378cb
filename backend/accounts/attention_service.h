/* What needs somebody's attention at and below the actor, the most pressing of each kind. */
#pragma once

#include "backend/accounts/services.h"

#define ATTENTION_MAX 5 /* of each kind */

enum attention_kind {
	ATTENTION_DNS,   /* records without which mail does not arrive are wrong; count: how many */
	ATTENTION_STUCK, /* mail to a destination has been tried three times or more; count: jobs */
	ATTENTION_LOGINS, /* wrong passwords for a domain's mailboxes in the last day; count */
	ATTENTIONS
};
struct attention {
	enum attention_kind kind;
	struct span name; /* domain, or destination */
	int64_t count;
};
MUST_CHECK enum rc attention_list(const struct services *s, struct ctx *ctx, struct attention **out,
	size_t *out_len, struct err *err);
