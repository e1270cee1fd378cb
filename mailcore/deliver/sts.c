/* MTA-STS policies: where they come from and how long they hold. */
#include "mailcore/deliver/sts.h"

#include <pthread.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/base/map.h"
#include "mailcore/smtpclient/https_get.h"

#define PATH "/.well-known/mta-sts.txt"

/* What is known of a domain. */
struct entry {
	struct str text; /* of the policy; empty: none could be had */
	char id[STS_ID_MAX];
	size_t id_len;
	int64_t until_ms; /* the policy's end */
	int64_t again_ms; /* not fetched before */
};

struct sts {
	struct sts_env env;
	pthread_mutex_t lock;
	struct map entries; /* by domain */
};

struct sts *sts_new(const struct sts_env *env)
{
	struct sts *s = heap_zalloc(sizeof *s);

	s->env = *env;
	pthread_mutex_init(&s->lock, NULL);
	map_init(&s->entries);
	return s;
}

static void entry_free(struct entry *e)
{
	if (!e)
		return;
	str_done(&e->text);
	heap_free(e);
}

/* Those whose time is over, or all. */
static void drop(struct sts *s, int64_t now_ms)
{
	size_t pos = 0;
	struct span key;
	void *value = NULL;

	while (map_next(&s->entries, &pos, &key, &value)) {
		struct entry *e = value;
		if (now_ms < e->until_ms || now_ms < e->again_ms)
			continue;
		(void)map_del(&s->entries, key);
		entry_free(e);
	}
}

void sts_free(struct sts *s)
{
	if (!s)
		return;
	drop(s, INT64_MAX);
	map_done(&s->entries);
	pthread_mutex_destroy(&s->lock);
	heap_free(s);
}

/* --- what is kept ----------------------------------------------------------------------------- */

/* Copies what is known, so that nothing is read outside the lock. */
struct known {
	struct span text; /* of a policy that holds; empty: none does */
	bool due;         /* to be fetched */
};

static struct known look(struct sts *s, struct arena *a, struct span domain, struct span id)
{
	int64_t now_ms = clock_mono_ms();
	struct known k = { .due = true };

	pthread_mutex_lock(&s->lock);
	const struct entry *e = map_get(&s->entries, domain);
	if (e) {
		bool same = span_eq(span_make(e->id, e->id_len), id);
		k.due = now_ms >= e->again_ms || !same;
		if (now_ms < e->until_ms)
			k.text = arena_span(a, str_span(&e->text));
	}
	pthread_mutex_unlock(&s->lock);
	return k;
}

static void keep(struct sts *s, struct span domain, struct span id, struct span text,
	int64_t max_age_ms, int64_t again_ms)
{
	int64_t now_ms = clock_mono_ms();
	struct entry *e = heap_zalloc(sizeof *e), *old = NULL;

	str_init(&e->text, STS_POLICY_BYTES);
	str_add(&e->text, text);
	memcpy(e->id, id.ptr, id.len);
	e->id_len = id.len;
	e->until_ms = now_ms + max_age_ms;
	e->again_ms = now_ms + again_ms;
	pthread_mutex_lock(&s->lock);
	if (s->entries.count >= STS_DOMAINS_MAX)
		drop(s, now_ms);
	if (s->entries.count < STS_DOMAINS_MAX)
		old = map_put(&s->entries, domain, e);
	else
		old = e;
	pthread_mutex_unlock(&s->lock);
	entry_free(old);
}

/* The old policy, if any, holds on; for a while nobody asks. */
static void put_off(struct sts *s, struct span domain, struct span id)
{
	int64_t again_ms = clock_mono_ms() + STS_RETRY_MS;

	pthread_mutex_lock(&s->lock);
	struct entry *e = map_get(&s->entries, domain);
	if (e) {
		memcpy(e->id, id.ptr, id.len);
		e->id_len = id.len;
		e->again_ms = again_ms;
	}
	pthread_mutex_unlock(&s->lock);
	if (!e)
		keep(s, domain, id, SPAN(""), 0, STS_RETRY_MS);
}

/* --- fetching --------------------------------------------------------------------------------- */

/* RFC 8461 §3.1: exactly one record that is ours. */
static bool find_id(struct sts *s, struct ctx *ctx, struct span domain, struct span *out_id)
{
	struct span name = arena_printf(ctx->arena, "_mta-sts." SPAN_FMT, SPAN_ARG(domain));
	struct dns_answer answer;
	size_t n = 0;

	if (resolver_query(s->env.resolver, ctx, name, DNS_TXT, &answer, NULL) != RC_OK)
		return false;
	for (size_t i = 0; i < answer.len; i++) {
		struct span id;
		if (!span_starts(answer.items[i].text, SPAN("v=STSv1")))
			continue;
		n++;
		if (sts_record_parse(answer.items[i].text, &id))
			*out_id = id;
		else
			n++;
	}
	return n == 1;
}

static bool fetch(struct sts *s, struct ctx *ctx, struct span domain, struct https_get *what,
	struct sts_policy *out, struct span *out_text)
{
	struct http_answer answer;
	struct span why = SPAN("");

	what->resolver = s->env.resolver;
	what->port = s->env.port;
	what->path = PATH;
	what->host = arena_printf(ctx->arena, "mta-sts." SPAN_FMT, SPAN_ARG(domain));
	enum rc rc = https_get(ctx, what, &answer, &why);
	bool good = rc == RC_OK && answer.status == 200 &&
		span_istarts(answer.type, SPAN("text/plain")) && sts_policy_parse(answer.body, out);
	if (!good) {
		log_info("sts.fetch", "domain=%s status=%d why=\"%s\"",
			log_text(ctx->arena, domain), rc == RC_OK ? answer.status : 0,
			log_text(ctx->arena, why));
		return false;
	}
	*out_text = answer.body;
	return true;
}

static bool use_kept(struct span text, struct sts_policy *out)
{
	return text.len > 0 && sts_policy_parse(text, out);
}

bool sts_find(struct sts *s, struct ctx *ctx, struct span domain, bool (*cancelled)(void *arg),
	void *cancelled_arg, struct sts_policy *out)
{
	struct https_get what = { .cancelled = cancelled, .cancelled_arg = cancelled_arg };
	struct span id = SPAN_NONE, text = SPAN_NONE;
	bool published = find_id(s, ctx, domain, &id);
	struct known known = look(s, ctx->arena, domain, id);

	if (!published || !known.due)
		return use_kept(known.text, out);
	if (!fetch(s, ctx, domain, &what, out, &text)) {
		put_off(s, domain, id);
		return use_kept(known.text, out);
	}
	int64_t age_ms = out->max_age_s * MSEC_PER_SEC;
	keep(s, domain, id, text, age_ms, age_ms / 2);
	return true;
}
