/*
 * Domains' DNS looked at again and again: states that settle, their history, DKIM keys that follow.
 *
 * A record that becomes right is right at once. One that was right and is not any more is believed
 * at the WATCH_DOUBTS-th look, or when a person has asked; an answer that did not come (error)
 * changes nothing that is known. Domains with something to do are looked at every few minutes at
 * first, then every half hour, perfect ones every six hours.
 *
 * One turn at a time, of some seconds; it ends at once when DNS says nothing at all.
 */
#pragma once

#include "backend/accounts/dkim_service.h"
#include "backend/accounts/dns_state_repo.h"
#include "backend/dns/domain_records.h"

#define WATCH_EVERY_MS 10000
#define WATCH_DOUBTS   2

/* The records with what is known of them: no question is asked. checked_at_us 0: never. */
MUST_CHECK enum rc domain_watch_show(const struct services *s, struct ctx *ctx, struct span name,
	struct domain *out_domain, struct records *out, int64_t *out_checked_at_us,
	struct err *err);
/* Asks now, because somebody wants to know: what comes is believed and kept. */
MUST_CHECK enum rc domain_watch_check(const struct services *s, struct ctx *ctx, struct span name,
	struct domain *out_domain, struct records *out, struct err *err);
MUST_CHECK enum rc domain_watch_history(const struct services *s, struct ctx *ctx,
	int64_t domain_id, int64_t limit, struct dns_changes *out);

/* {"at","record","purpose","before","after"} */
struct cJSON *domain_change_json(struct arena *a, const struct dns_change *change);

/* One turn of the schedule, as the server itself. For loop_every; arg: struct services. */
void dns_watch_turn(struct ctx *ctx, void *services);

/* --- pure, for the tests --- */

/* What is believed after a look. *doubts is read and written. */
enum record_status watch_settle(
	enum record_status known, enum record_status seen, bool asked, int64_t *doubts);
