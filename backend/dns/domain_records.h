/* The records of one of our domains, and their JSON: what API, panel and command line share. */
#pragma once

#include "backend/accounts/dns_setting_service.h"
#include "backend/accounts/domain_service.h"
#include "backend/dns/records.h"

struct cJSON;

/* What is wanted of the actor's domain: its keys and settings from the database, and what the last
 * look has found (host_signed). RC_NOT_FOUND, RC_TEMP. */
struct records_known {
	struct domain domain;
	struct dns_setting setting;
	struct records_ask ask;
};
MUST_CHECK enum rc domain_records(const struct services *s, struct ctx *ctx, struct span name,
	bool host_signed, struct records_known *out, struct err *err);
/* Is the zone of the mail server's name signed, and by whom we ask checked? */
bool domain_host_signed(const struct services *s, struct ctx *ctx);
/* Once status and found are known: the SPF record wanted is the one found, with our servers in it. */
void domain_records_merge(struct arena *a, const struct records_ask *ask, struct records *records);

/* checked_at_us 0: never. {"domain","checked_at","records":[{"purpose","name","label","type","ttl","value","strings","need","why","depends","status","found","hint"}]} */
struct cJSON *domain_records_json(
	struct arena *a, struct span domain, const struct records *records, int64_t checked_at_us);
