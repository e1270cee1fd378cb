/* Rows of dns_notice: mail to owners about their domains' DNS, until it is sent. */
#pragma once

#include "mailcore/base/ctx.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"

struct dns_notice {
	int64_t notice_id;
	struct span contact, otherwise, subject, text;
};

MUST_CHECK enum rc dns_notices(
	struct ctx *ctx, size_t limit, struct dns_notice **out, size_t *out_len);
MUST_CHECK enum rc dns_notice_drop(struct ctx *ctx, int64_t notice_id);
