/* What comes with a request: forms, cookies, paths, Host fields, JSON bodies against fields. */
#include "tests/fuzz/fuzz.h"

#include "backend/api/routes.h"
#include "backend/http/dispatch.h"
#include "mailcore/base/json.h"
#include "mailcore/base/utf8.h"

static void check_params(struct arena *a, struct span input)
{
	struct params p;

	if (params_parse_form(a, input, &p)) {
		ASSERT(p.len <= PARAMS_MAX);
		for (size_t i = 0; i < p.len; i++) {
			ASSERT(utf8_valid(p.items[i].name) && utf8_valid(p.items[i].value));
			ASSERT(span_find(p.items[i].value, '\0') == SPAN_NPOS);
		}
	}
	if (params_parse_cookies(a, input, &p))
		ASSERT(p.len <= PARAMS_MAX);
}

/* What was encoded decodes to itself. */
static void check_percent(struct arena *a, struct span input)
{
	struct span text, again;
	struct str encoded = str_in(a, 3 * input.len);

	if (!percent_decode(a, input, false, &text))
		return;
	percent_encode(&encoded, text);
	ASSERT(str_ok(&encoded));
	ASSERT(percent_decode(a, str_span(&encoded), false, &again) && span_eq(text, again));
}

static void check_host(struct arena *a, struct span input)
{
	struct span name, port, again;

	if (!host_split(a, input, &name, &port))
		return;
	ASSERT(name.len > 0 && name.len <= input.len && span_find(name, '/') == SPAN_NPOS);
	ASSERT(host_split(a, name, &again, &port));
}

static void check_fields(struct arena *a, struct span input)
{
	struct ctx ctx = { .arena = a };
	struct cJSON *body;
	struct form form;

	bool is_json = json_parse(a, input, &body, NULL);
	for (size_t i = 0; i < api_routes.len; i++) {
		const struct route *route = &api_routes.routes[i];
		if (is_json)
			fields_from_json(&ctx, route->fields, body, &form);
		fields_from_form(&ctx, route->query, input, false, &form);
		ASSERT(form.n_errors <= 100);
	}
}

static void check_route(struct arena *a, struct span input)
{
	static const struct route_table root = { .prefix = "/" };
	static const struct route_table *const tables[] = { &api_routes, &root };
	struct router *router = router_new(tables, 2);
	struct route_match match;

	router_find(router, a, METHOD_GET, input, &match);
	ASSERT(match.table);
	ASSERT(!match.route || match.route->method == METHOD_GET);
	router_free(router);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct span input = span_make(data, size);

	arena_init(&a, 4096);
	check_params(&a, input);
	check_percent(&a, input);
	check_host(&a, input);
	check_fields(&a, input);
	check_route(&a, input);
	arena_done(&a);
	return 0;
}
