/* MTA-STS. */
#include "backend/dns/mta_sts.h"

#include <openssl/sha.h>

#define POLICY_MAX 1024

void mta_sts_policy_add(struct str *out, struct span hostname, struct span mode)
{
	str_addf(out, "version: STSv1\r\nmode: " SPAN_FMT "\r\nmx: " SPAN_FMT "\r\nmax_age: %d\r\n",
		SPAN_ARG(mode), SPAN_ARG(hostname), MTA_STS_MAX_AGE_S);
}

struct span mta_sts_id(struct arena *a, struct span hostname, struct span mode)
{
	unsigned char hash[SHA256_DIGEST_LENGTH];
	struct str policy = str_in(a, POLICY_MAX), id = str_in(a, MTA_STS_ID_LEN + 1);

	mta_sts_policy_add(&policy, hostname, mode);
	(void)SHA256((const unsigned char *)str_span(&policy).ptr, policy.len, hash);
	for (size_t i = 0; i < MTA_STS_ID_LEN / 2; i++)
		str_addf(&id, "%02x", hash[i]);
	return str_span(&id);
}
