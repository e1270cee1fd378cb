/* How mail leaves; see route.h. */
#include "mailcore/directory/route.h"

#include <pthread.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/list.h"
#include "mailcore/base/log.h"
#include "mailcore/base/map.h"
#include "mailcore/db/db.h"
#include "mailcore/keys/keys.h"
#include "sql/route.h"

struct key {
	int64_t account_id, domain_id; /* a domain's: account_id 0 */
};

struct routes {
	struct keys *keys;
	pthread_mutex_t lock; /* a leaf */
	struct map map;       /* struct key -> struct route */
	bool loaded;
	int64_t until_ms;
};

static struct span key_span(const struct key *k)
{
	return span_make(k, sizeof *k);
}

struct span route_place(struct arena *a, int64_t account_id, int64_t domain_id)
{
	return arena_printf(a, "route/%lld/%lld", (long long)account_id, (long long)domain_id);
}

bool route_parse_source(struct span text, struct addr *out4, struct addr *out6)
{
	struct addr four = { 0 }, six = { 0 }, a;
	struct span one;

	if (text.len == 0)
		text = SPAN_NONE;
	while (span_split(&text, ',', &one)) {
		if (!addr_parse(span_trim(one), &a))
			return false;
		struct addr *to = a.family == AF_INET ? &four : &six;
		if (to->family != 0)
			return false;
		*to = a;
	}
	*out4 = four;
	*out6 = six;
	return true;
}

/* --- reading ---------------------------------------------------------------------------------- */

static void route_free(struct route *r)
{
	route_done(r);
	heap_free(r);
}

static void forget_all(struct map *m)
{
	size_t pos = 0;
	struct span key;
	void *route = NULL;

	while (map_next(m, &pos, &key, &route))
		route_free(route);
	map_done(m);
}

/* A row that cannot be used is as good as none, and somebody must act. */
static struct route *read_row(struct routes *r, struct ctx *ctx, const struct rows *rows, size_t i)
{
	struct span place = route_place(ctx->arena, row_i64(rows, i, 0), row_i64(rows, i, 1));
	struct span sealed = row_bytes(rows, i, 2), url;
	struct route *route = heap_zalloc(sizeof *route);
	struct err err = { 0 };

	bool ok = route_parse_source(row_text(rows, i, 3), &route->source4, &route->source6);
	if (ok && sealed.len > 0) {
		route->has_smarthost = true;
		ok = keys_unseal(r->keys, ctx->arena, place, sealed, &url) &&
			smarthost_parse(url, &route->smarthost, &err) == RC_OK;
	}
	if (ok)
		return route;
	log_error("route.unusable", "route=%s", arena_cstr(ctx->arena, place));
	route_free(route);
	return NULL;
}

static enum rc load(struct routes *r, struct ctx *ctx, struct map *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_ROUTE_LIST, ARGS(A_I64(ROUTES_MAX)), &rows);

	map_init(out);
	for (size_t i = 0; rc == RC_OK && i < rows_len(rows); i++) {
		struct key key = { .account_id = row_i64(rows, i, 0),
			.domain_id = row_i64(rows, i, 1) };
		struct route *route = read_row(r, ctx, rows, i);
		if (key.domain_id != 0)
			key.account_id = 0;
		if (route)
			(void)map_put(out, key_span(&key), route); /* keys are unique */
	}
	return rc;
}

static bool is_due(struct routes *r)
{
	int64_t now_ms = clock_mono_ms();

	pthread_mutex_lock(&r->lock);
	bool due = !r->loaded || now_ms >= r->until_ms;
	if (due)
		r->until_ms = now_ms + ROUTES_FRESH_MS; /* the others go on with what is there */
	pthread_mutex_unlock(&r->lock);
	return due;
}

static void refresh(struct routes *r, struct ctx *ctx)
{
	struct map fresh, former;

	if (!is_due(r))
		return;
	if (load(r, ctx, &fresh) != RC_OK) {
		forget_all(&fresh);
		return;
	}
	pthread_mutex_lock(&r->lock);
	former = r->map;
	r->map = fresh;
	r->loaded = true;
	pthread_mutex_unlock(&r->lock);
	forget_all(&former);
}

/* --- asking ----------------------------------------------------------------------------------- */

static void copy_smarthost(struct route *to, const struct route *from)
{
	if (!from || !from->has_smarthost || to->has_smarthost)
		return;
	to->has_smarthost = true;
	to->smarthost = from->smarthost;
	to->smarthost.password = secret_of(secret_span(&from->smarthost.password));
}

static void copy_source(struct route *to, const struct route *from)
{
	if (!from || to->source4.family != 0 || to->source6.family != 0)
		return;
	to->source4 = from->source4;
	to->source6 = from->source6;
}

enum rc routes_find(
	struct routes *r, struct ctx *ctx, int64_t account_id, int64_t domain_id, struct route *out)
{
	struct key keys[] = { { 0, domain_id }, { account_id, 0 } };

	*out = (struct route){ 0 };
	refresh(r, ctx);
	pthread_mutex_lock(&r->lock);
	bool loaded = r->loaded;
	for (size_t i = 0; loaded && i < 2; i++) {
		const struct route *found = map_get(&r->map, key_span(&keys[i]));
		copy_smarthost(out, found);
		copy_source(out, found);
	}
	pthread_mutex_unlock(&r->lock);
	return loaded ? RC_OK : RC_TEMP;
}

void route_done(struct route *r)
{
	smarthost_done(&r->smarthost);
}

struct routes *routes_new(struct keys *keys)
{
	struct routes *r = heap_zalloc(sizeof *r);

	r->keys = keys;
	pthread_mutex_init(&r->lock, NULL);
	map_init(&r->map);
	return r;
}

void routes_free(struct routes *r)
{
	if (!r)
		return;
	forget_all(&r->map);
	pthread_mutex_destroy(&r->lock);
	heap_free(r);
}
