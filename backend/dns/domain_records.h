/* The records of one of our domains, and their JSON: what API, panel and command line share. */
#pragma once

#include "backend/accounts/domain_service.h"
#include "backend/dns/records.h"

struct cJSON;

/* The actor's domain with its keys from the database. RC_NOT_FOUND, RC_TEMP. */
MUST_CHECK enum rc domain_records(const struct services *s, struct ctx *ctx, struct span name,
	struct domain *out_domain, struct records *out, struct err *err);

/* The same, compared with what DNS says now (s->resolver is wanted). */
MUST_CHECK enum rc domain_records_check(const struct services *s, struct ctx *ctx, struct span name,
	struct domain *out_domain, struct records *out, struct err *err);

/* checked_at_us 0: never. {"domain","checked_at","records":[{"purpose","name","type","ttl","value","need","why","status","found","hint"}]} */
struct cJSON *domain_records_json(
	struct arena *a, struct span domain, const struct records *records, int64_t checked_at_us);
