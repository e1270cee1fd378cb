/* Domains' DNS, looked at again and again. */
#include "backend/dns/watch.h"

#include "backend/accounts/service.h"
#include "backend/dns/check.h"
#include "backend/dns/news.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"
#include "mailcore/base/log.h"

#define SOON_S       120         /* a new domain with something to do */
#define LATER_S      (30 * 60)   /* an older one */
#define DOUBT_S      600         /* something was right at the last look */
#define GOOD_S       (6 * 3600)  /* nothing to do */
#define NEW_S        (24 * 3600) /* how long a domain is new */
#define FOUND_TEXT   32768
#define SERVERS_TEXT 32768
#define TURN_MS      8000
#define LOOK_MS      30000

/* ------------------------------------------------------------------------ settling */

enum record_status watch_settle(
	enum record_status known, enum record_status seen, bool asked, int64_t *doubts)
{
	bool silent = seen == RECORD_ERROR || seen == RECORD_UNKNOWN;
	bool known_nothing = known == RECORD_ERROR || known == RECORD_UNKNOWN;
	if (silent && !known_nothing)
		return known;
	if (known == RECORD_OK && seen != RECORD_OK && !asked && ++*doubts < WATCH_DOUBTS)
		return known;
	*doubts = 0;
	return seen;
}

/* ------------------------------------------------------------------------ records and rows */

/* A host may have several addresses: their records differ in the value only. */
static struct span key_of(struct arena *a, const struct record *r)
{
	bool by_value =
		span_eq(span_of(r->type), SPAN("A")) || span_eq(span_of(r->type), SPAN("AAAA"));
	if (span_eq(span_of(r->type), SPAN("CHECK")))
		return arena_printf(a, "CHECK %s " SPAN_FMT, r->purpose, SPAN_ARG(r->name));
	return arena_printf(a, "%s " SPAN_FMT "%s" SPAN_FMT, r->type, SPAN_ARG(r->name),
		by_value ? " " : "", SPAN_ARG(by_value ? r->value : SPAN("")));
}

static const struct dns_seen *find_seen(const struct dns_seen_list *list, struct span key)
{
	for (size_t i = 0; i < list->len; i++) {
		if (span_eq(list->items[i].key, key))
			return &list->items[i];
	}
	return NULL;
}

static struct span found_json(struct arena *a, const struct record *r)
{
	struct cJSON *list = json_array(a);
	struct str text = str_in(a, FOUND_TEXT);

	for (size_t i = 0; i < r->n_found; i++)
		json_push_text(a, list, r->found[i]);
	json_write(a, list, &text);
	return str_ok(&text) ? str_span(&text) : SPAN("[]");
}

/* Too much of it is not kept: the page does without. */
static struct span servers_json(struct arena *a, const struct record *r)
{
	struct str text = str_in(a, SERVERS_TEXT);

	if (!r->servers)
		return SPAN("[]");
	json_write(a, r->servers, &text);
	return str_ok(&text) ? str_span(&text) : SPAN("[]");
}

static void found_parse(struct arena *a, struct span text, struct record *r)
{
	struct cJSON *list = NULL;

	if (!json_parse(a, text, &list, NULL))
		return; /* we wrote it; without it the page still has the state */
	r->found = arena_array(a, json_len(list), sizeof *r->found);
	for (const struct cJSON *e = json_first(list); e; e = json_next(e))
		r->found[r->n_found++] = json_text(e);
}

static void recall(struct arena *a, const struct dns_seen_list *seen, struct records *records)
{
	for (size_t i = 0; i < records->len; i++) {
		struct record *r = &records->items[i];
		const struct dns_seen *known = find_seen(seen, key_of(a, r));
		if (!known)
			continue;
		r->status = record_status_parse(known->status);
		r->hint = known->hint;
		found_parse(a, known->found, r);
		if (!json_parse(a, known->servers, &r->servers, NULL))
			r->servers = NULL; /* we wrote it */
	}
}

/* Which checks there were, only the last look knows. */
static void recall_checks(
	struct arena *a, const struct dns_seen_list *seen, struct records *records)
{
	records->checks = arena_array(a, seen->len, sizeof *records->checks);
	for (size_t i = 0; i < seen->len; i++) {
		const struct dns_seen *known = &seen->items[i];
		size_t name = span_rfind(known->key, ' ');
		if (!span_starts(known->key, SPAN("CHECK ")))
			continue;
		struct record *r = &records->checks[records->n_checks++];
		*r = (struct record){ .type = "CHECK",
			.why = "",
			.purpose = arena_cstr(a, known->purpose),
			.name = span_from(known->key, name + 1),
			.status = record_status_parse(known->status),
			.hint = known->hint };
		bool extra = span_eq(known->purpose, SPAN("dnssec")) ||
			span_eq(known->purpose, SPAN("spf-tree"));
		r->need = extra && r->status != RECORD_WRONG ? NEED_OPTIONAL : NEED_RECOMMENDED;
		found_parse(a, known->found, r);
	}
}

/* A fingerprint was wanted when the zone was seen to be signed. */
static bool was_signed(const struct dns_seen_list *seen)
{
	bool was = false;
	for (size_t i = 0; i < seen->len; i++)
		was |= span_starts(seen->items[i].key, SPAN("TLSA "));
	return was;
}

enum rc domain_watch_show(const struct services *s, struct ctx *ctx, struct span name,
	struct domain *out_domain, struct records *out, int64_t *out_checked_at_us, struct err *err)
{
	struct dns_seen_list seen;
	struct records_known known;

	enum rc rc = domain_get(s, ctx, name, out_domain, err);
	if (rc == RC_OK)
		rc = with_reason(
			err, dns_state_read(ctx, out_domain->domain_id, &seen, out_checked_at_us));
	if (rc == RC_OK)
		rc = domain_records(s, ctx, name, was_signed(&seen), &known, err);
	if (rc != RC_OK)
		return rc;
	records_wanted(ctx->arena, &known.ask, out);
	recall(ctx->arena, &seen, out);
	recall_checks(ctx->arena, &seen, out);
	domain_records_merge(ctx->arena, &known.ask, out);
	return RC_OK;
}

/* ------------------------------------------------------------------------ a look */

struct look {
	const struct domain *domain;
	const struct records *records;
	bool asked;
	bool doubtful; /* something was right and may not be any more */
	struct dns_seen_list seen;
	struct dns_changes changes;
	struct dkim_keys keys;
};

static void note_change(struct look *look, struct dns_seen *now, enum record_status before)
{
	look->changes.items[look->changes.len++] = (struct dns_change){ .key = now->key,
		.purpose = now->purpose,
		.before = span_of(record_status_name(before)),
		.after = now->status,
		.found = now->found };
}

/* What is kept of a record that is still believed to be as it was. */
static void keep_known(const struct dns_seen *known, struct dns_seen *now)
{
	now->status = known->status;
	now->hint = known->hint;
	now->found = known->found;
}

/* The domain is delegated to others than before: a change although nothing is wrong. */
static bool has_moved(const struct dns_seen *known, const struct dns_seen *now)
{
	return known && span_eq(now->purpose, SPAN("delegation")) &&
		span_eq(known->status, now->status) && !span_eq(known->found, now->found) &&
		!span_eq(known->found, SPAN("[]")) && !span_eq(now->found, SPAN("[]"));
}

static void compare_servers(struct look *look, const struct dns_seen *known, struct dns_seen *now)
{
	now->doubts = known->doubts + 1;
	if (!look->asked && now->doubts < WATCH_DOUBTS) {
		now->found = known->found;
		return;
	}
	now->doubts = 0;
	look->changes.items[look->changes.len++] = (struct dns_change){ .key = now->key,
		.purpose = now->purpose,
		.before = known->found,
		.after = now->found,
		.found = now->found };
}

static void compare_one(struct look *look, const struct record *r, const struct dns_seen *known,
	struct dns_seen *now)
{
	enum record_status was = known ? record_status_parse(known->status) : RECORD_UNKNOWN;

	now->doubts = known ? known->doubts : 0;
	if (has_moved(known, now)) {
		compare_servers(look, known, now);
		return;
	}
	enum record_status settled = watch_settle(was, r->status, look->asked, &now->doubts);
	if (settled != r->status)
		keep_known(known, now);
	else if (settled != was)
		note_change(look, now, was);
}

static void compare(struct arena *a, const struct dns_seen_list *before, struct look *look)
{
	const struct records *records = look->records;
	size_t n = records->len + records->n_checks;

	look->seen = (struct dns_seen_list){ arena_array(a, n, sizeof(struct dns_seen)), n };
	look->changes = (struct dns_changes){ arena_array(a, n, sizeof(struct dns_change)), 0 };
	for (size_t i = 0; i < n; i++) {
		const struct record *r =
			i < records->len ? &records->items[i] : &records->checks[i - records->len];
		struct dns_seen *now = &look->seen.items[i];
		*now = (struct dns_seen){ .key = key_of(a, r),
			.purpose = span_of(r->purpose),
			.status = span_of(record_status_name(r->status)),
			.found = found_json(a, r),
			.hint = r->hint,
			.servers = servers_json(a, r) };
		compare_one(look, r, find_seen(before, now->key), now);
		look->doubtful |= now->doubts > 0;
	}
}

static bool needs_work(const struct look *look)
{
	bool open = false;
	for (size_t i = 0; i < look->records->len; i++) {
		const struct record *r = &look->records->items[i];
		open |= r->need != NEED_OPTIONAL && r->status != RECORD_OK;
	}
	for (size_t i = 0; i < look->records->n_checks; i++) {
		const struct record *r = &look->records->checks[i];
		open |= r->need != NEED_OPTIONAL && r->status != RECORD_OK &&
			r->status != RECORD_UNKNOWN;
	}
	return open;
}

static int64_t again_s(const struct ctx *ctx, const struct look *look)
{
	int64_t age_s = (ctx->now_us - look->domain->created_at_us) / USEC_PER_SEC;

	if (look->doubtful)
		return DOUBT_S;
	if (dkim_is_moving(&look->keys))
		return LATER_S;
	if (!needs_work(look))
		return GOOD_S;
	return age_s < NEW_S ? SOON_S : LATER_S;
}

/* Who has asked sees it on the page. */
static enum rc tell_owner(struct ctx *ctx, const struct look *look)
{
	struct span subject, text;

	if (look->asked ||
		!news_make(ctx->arena, look->domain->name, look->records, &look->changes,
			needs_work(look), &subject, &text))
		return RC_OK;
	return dns_notice_add(ctx, look->domain->domain_id, subject, text);
}

static enum rc write_look(struct ctx *ctx, void *arg)
{
	struct look *look = arg;
	struct dns_seen_list before;
	int64_t checked_at;

	enum rc rc = dns_state_read(ctx, look->domain->domain_id, &before, &checked_at);
	if (rc != RC_OK)
		return rc;
	compare(ctx->arena, &before, look);
	rc = dkim_advance(ctx, look->domain, &look->keys);
	if (rc == RC_OK)
		rc = dns_state_write(ctx, look->domain->domain_id, &look->seen, &look->changes,
			again_s(ctx, look));
	if (rc == RC_OK)
		rc = tell_owner(ctx, look);
	return rc;
}

/* Which of the domain's keys DNS shows as they are. */
static void mark_seen(struct arena *a, const struct records *records, struct dkim_keys *keys)
{
	for (size_t k = 0; k < keys->len; k++) {
		struct span label =
			arena_printf(a, SPAN_FMT "._domainkey", SPAN_ARG(keys->items[k].selector));
		for (size_t i = 0; i < records->len; i++)
			keys->items[k].in_dns |= records->items[i].status == RECORD_OK &&
				records->items[i].forget_s == 0 &&
				span_eq(records->items[i].label, label);
	}
}

static enum rc look_at(const struct services *s, struct ctx *ctx, struct span name, bool asked,
	struct domain *domain, struct records *records, struct err *err)
{
	struct look look = { .domain = domain, .records = records, .asked = asked };
	struct records_known known;

	enum rc rc = domain_records(s, ctx, name, domain_host_signed(s, ctx), &known, err);
	if (rc == RC_OK)
		rc = dkim_list(s, ctx, known.domain.name, &look.keys, err);
	if (rc != RC_OK)
		return rc;
	*domain = known.domain;
	records_wanted(ctx->arena, &known.ask, records);
	struct check_options options = { .dns_port = (uint16_t)(s->dns_port ? s->dns_port : 53),
		.host = { .smtp_port = (uint16_t)s->smtp_port, .lists = s->dns_lists } };
	records_check(s->resolver, ctx, &known.ask, &options, records);
	mark_seen(ctx->arena, records, &look.keys);
	rc = service_run(ctx, write_look, &look);
	for (size_t i = 0; rc == RC_OK && i < look.changes.len; i++)
		log_info("dns.change", "domain=%s key=%s before=%s after=%s",
			log_text(ctx->arena, domain->name),
			log_text(ctx->arena, look.changes.items[i].key),
			log_text(ctx->arena, look.changes.items[i].before),
			log_text(ctx->arena, look.changes.items[i].after));
	domain_records_merge(ctx->arena, &known.ask, records);
	return with_reason(err, rc);
}

enum rc domain_watch_check(const struct services *s, struct ctx *ctx, struct span name,
	struct domain *out_domain, struct records *out, struct err *err)
{
	return look_at(s, ctx, name, true, out_domain, out, err);
}

enum rc domain_watch_history(const struct services *s, struct ctx *ctx, int64_t domain_id,
	int64_t limit, struct dns_changes *out)
{
	(void)s;
	return dns_changes_read(ctx, domain_id, limit, out);
}

struct cJSON *domain_change_json(struct arena *a, const struct dns_change *change)
{
	struct cJSON *o = json_object(a);

	json_add_time(a, o, "at", change->at_us);
	json_add_text(a, o, "record", change->key);
	json_add_text(a, o, "purpose", change->purpose);
	json_add_text(a, o, "before", change->before);
	json_add_text(a, o, "after", change->after);
	return o;
}

/* ------------------------------------------------------------------------ the schedule */

/* False: DNS said nothing at all, so it is of no use to go on. */
static bool look_at_one(const struct services *s, struct ctx *ctx, struct span name)
{
	struct err err = { 0 };
	struct domain domain;
	struct records records = { 0 };
	bool answered = false;

	enum rc rc = look_at(s, ctx, name, false, &domain, &records, &err);
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		log_warn("dns.watch", "domain=%s rc=%s", log_text(ctx->arena, name), rc_name(rc));
	for (size_t i = 0; i < records.len; i++)
		answered |= records.items[i].status != RECORD_ERROR;
	return rc == RC_NOT_FOUND || answered;
}

static void look_at_those_due(const struct services *s, struct ctx *ctx)
{
	int64_t end_ms = clock_mono_ms() + TURN_MS;
	struct span *names;
	size_t n = 1;
	bool answered = true;

	while (n > 0 && answered && clock_mono_ms() < end_ms) {
		ctx->deadline_ms = clock_mono_ms() + LOOK_MS;
		if (dns_schedule_claim(ctx, 1, &names, &n) != RC_OK)
			return;
		if (n > 0)
			answered = look_at_one(s, ctx, names[0]);
	}
}

void dns_watch_turn(struct ctx *ctx, void *services)
{
	struct actor actor = { .role = ROLE_ADMIN, .login = SPAN("system"), .source = "schedule" };

	if (dns_first_admin(ctx, &actor.account_id) != RC_OK)
		return; /* no account yet, or no database: the next turn will see */
	actor_enter(ctx, &actor);
	dkim_due_turn(ctx, services, clock_mono_ms() + TURN_MS);
	look_at_those_due(services, ctx);
	actor_enter(ctx, NULL);
}
