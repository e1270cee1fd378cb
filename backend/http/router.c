/*
 * Route tables: checked once at start-up, searched segment by segment.
 *
 * A table of some hundred rows is searched linearly: about a microsecond, next to a database
 * round trip. Specificity is counted per segment, left to right.
 */
#include "backend/http/router.h"

#include "backend/http/params.h"
#include "mailcore/base/log.h"

#define SEGMENTS_MAX 16

struct router {
	const struct route_table *const *tables;
	size_t n_tables;
};

struct segments {
	struct span items[SEGMENTS_MAX];
	size_t len;
};

const char *route_fault(const struct route *route)
{
	bool has_scope = route->scope && *route->scope;

	if (!route->path || route->path[0] != '/')
		return "path must begin with /";
	if (!route->handler)
		return "no handler";
	if (route->guard == GUARD_MISSING)
		return "no guard";
	if (route->method == 0 || (route->method & (route->method - 1)) != 0)
		return "one method, please";
	if (route->method == METHOD_GET && route->fields)
		return "GET has no body";
	if (has_scope && !strchr(route->scope, ':'))
		return "a scope is resource:read or resource:write";
	if (has_scope && (route->guard == GUARD_PUBLIC || route->guard == GUARD_MAILBOX))
		return "no token comes here: scope without effect";
	if (route->method != METHOD_GET && has_scope && !strstr(route->scope, ":write"))
		return "a change needs a write scope";
	return NULL;
}

struct router *router_new(const struct route_table *const *tables, size_t n_tables)
{
	ASSERT(n_tables > 0 && strcmp(tables[n_tables - 1]->prefix, "/") == 0);
	for (size_t t = 0; t < n_tables; t++) {
		for (size_t i = 0; i < tables[t]->len; i++) {
			const char *fault = route_fault(&tables[t]->routes[i]);
			if (fault)
				log_error("route.fault", "path=%s what=\"%s\"",
					tables[t]->routes[i].path, fault);
			ASSERT(!fault);
		}
	}
	struct router *r = heap_zalloc(sizeof *r);
	*r = (struct router){ tables, n_tables };
	return r;
}

void router_free(struct router *r)
{
	heap_free(r);
}

static bool split_path(struct span path, struct segments *out)
{
	struct span rest = span_from(path, 1), part;

	*out = (struct segments){ 0 };
	while (span_split(&rest, '/', &part)) {
		if (out->len == SEGMENTS_MAX)
			return false;
		out->items[out->len++] = part;
	}
	return true;
}

static bool is_param(struct span segment)
{
	return segment.len > 2 && segment.ptr[0] == '{' && segment.ptr[segment.len - 1] == '}';
}

static bool is_rest(struct span segment)
{
	return is_param(segment) && segment.ptr[segment.len - 2] == '*';
}

static struct span param_name(struct span segment)
{
	return span_sub(segment, 1, segment.len - (is_rest(segment) ? 3 : 2));
}

enum fit { FIT_NO = -1, FIT_REST = 0, FIT_PARAM = 1, FIT_LITERAL = 2 };

static enum fit fit_segment(struct span pattern, struct span segment)
{
	if (is_rest(pattern))
		return FIT_REST;
	if (is_param(pattern))
		return segment.len > 0 ? FIT_PARAM : FIT_NO;
	return span_eq(pattern, segment) ? FIT_LITERAL : FIT_NO;
}

/* How well a pattern fits: 0 not at all; else a digit for each segment, the leftmost highest, so
 * that an earlier literal wins. 3^16 fits. */
static uint64_t score(const struct segments *pattern, const struct segments *path)
{
	uint64_t points = 1;
	enum fit fit = FIT_LITERAL;
	size_t i = 0;

	for (; fit != FIT_REST && i < pattern->len && i < path->len; i++) {
		fit = fit_segment(pattern->items[i], path->items[i]);
		if (fit == FIT_NO)
			return 0;
		points = points * 3 + fit;
	}
	if (fit != FIT_REST && pattern->len != path->len)
		return 0;
	for (; i < SEGMENTS_MAX; i++)
		points *= 3;
	return points;
}

static bool take_params(struct arena *a, const struct segments *pattern,
	const struct segments *path, struct params *out)
{
	struct param *items = arena_array(a, SEGMENTS_MAX, sizeof *items);
	size_t n = 0;

	for (size_t i = 0; i < pattern->len; i++) {
		struct span value = path->items[i];
		if (!is_param(pattern->items[i]))
			continue;
		if (is_rest(pattern->items[i])) {
			struct span last = path->items[path->len - 1];
			value.len = (size_t)(last.ptr + last.len - value.ptr);
		}
		items[n].name = param_name(pattern->items[i]);
		if (!percent_decode(a, value, false, &items[n].value))
			return false;
		n++;
	}
	*out = (struct params){ items, n };
	return true;
}

static bool has_prefix(const struct route_table *table, struct span path)
{
	return span_starts(path, span_of(table->prefix));
}

struct best {
	uint64_t points;
	const struct route *route;
	const struct route_table *table;
	struct segments pattern;
};

static void search_table(const struct route_table *table, unsigned method,
	const struct segments *path, struct best *best, unsigned *allowed)
{
	for (size_t i = 0; i < table->len; i++) {
		const struct route *route = &table->routes[i];
		struct segments pattern;
		ASSERT(split_path(span_of(route->path), &pattern));
		uint64_t points = score(&pattern, path);
		if (points == 0)
			continue;
		*allowed |= route->method;
		if (route->method == method && points > best->points)
			*best = (struct best){ points, route, table, pattern };
	}
}

void router_find(const struct router *r, struct arena *a, unsigned method, struct span path,
	struct route_match *out)
{
	struct segments segments = { .len = 0 };
	struct best best = { 0 };

	*out = (struct route_match){ 0 };
	bool splits = path.len > 0 && path.ptr[0] == '/' && split_path(path, &segments);
	for (size_t t = 0; t < r->n_tables; t++) {
		if (!out->table && has_prefix(r->tables[t], path))
			out->table = r->tables[t];
		if (splits)
			search_table(r->tables[t], method, &segments, &best, &out->allowed);
	}
	if (!out->table)
		out->table = r->tables[r->n_tables - 1];
	if (best.route && take_params(a, &best.pattern, &segments, &out->params)) {
		out->route = best.route;
		out->table = best.table;
	} else if (best.route) {
		out->allowed = 0; /* undecodable: not found */
	}
}
