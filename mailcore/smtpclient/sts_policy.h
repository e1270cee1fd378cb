/*
 * MTA-STS: what a domain says about TLS to its servers (RFC 8461). Pure.
 *
 * Limits: a policy of STS_POLICY_BYTES, STS_MX_MAX names in it (more: no policy), an id of STS_ID_MAX.
 * Unknown fields are passed over; of repeated ones, except mx, the first counts.
 */
#pragma once

#include <stdint.h>

#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"

#define STS_POLICY_BYTES  ((size_t)64 << 10)
#define STS_MX_MAX        100
#define STS_ID_MAX        32
#define STS_MAX_AGE_MAX_S 31557600

enum sts_mode { STS_NONE, STS_TESTING, STS_ENFORCE };

struct sts_policy {
	enum sts_mode mode;
	int64_t max_age_s;
	struct span mx[STS_MX_MAX];
	size_t n_mx;
};

/* A TXT record at _mta-sts: "v=STSv1; id=20160831085700Z;". False: it is none. */
MUST_CHECK bool sts_record_parse(struct span txt, struct span *out_id);
/* The text of the well-known file. False: no policy. Borrows. */
MUST_CHECK bool sts_policy_parse(struct span text, struct sts_policy *out);
/* Is the host among its mx? "*.example.test" stands for one more label (§4.1). */
bool sts_policy_names(const struct sts_policy *p, struct span host);
