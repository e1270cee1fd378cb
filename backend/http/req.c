/* A request: asking for its parts. */
#include "backend/http/req.h"

#include "backend/accounts/login_service.h"
#include "backend/http/csrf.h"

struct span req_header(const struct req *r, const char *name)
{
	return params_iget(&r->headers, span_of(name));
}

struct span req_cookie(const struct req *r, const char *name)
{
	return params_get(&r->cookies, span_of(name));
}

struct span req_query(const struct req *r, const char *name)
{
	return params_get(&r->query_params, span_of(name));
}

struct span req_path(const struct req *r, const char *name)
{
	for (size_t i = 0; i < r->path_params.len; i++) {
		if (span_eq(r->path_params.items[i].name, span_of(name)))
			return r->path_params.items[i].value;
	}
	ASSERT(!"the route has no such parameter");
	return SPAN("");
}

struct span req_csrf(const struct req *r)
{
	if (!r->session)
		return SPAN("");
	return csrf_mask(r->ctx->arena, r->session->csrf);
}

/* If-Match: "v12" */
int64_t req_if_match(const struct req *r)
{
	struct span value = req_header(r, "If-Match");
	uint64_t version;

	if (value.len == 0 || span_eq(value, SPAN("*")))
		return 0;
	if (!span_starts(value, SPAN("\"v")) || !span_ends(value, SPAN("\"")))
		return -1;
	if (!span_u64(span_sub(value, 2, value.len - 3), INT64_MAX, &version) || version == 0)
		return -1;
	return (int64_t)version;
}

/* ";q=0", ";q=0.000" */
static bool is_zero_weight(struct span params)
{
	size_t at = span_find_span(params, SPAN("q="));

	if (at == SPAN_NPOS)
		return false;
	for (size_t i = at + 2; i < params.len; i++) {
		if (params.ptr[i] >= '1' && params.ptr[i] <= '9')
			return false;
	}
	return true;
}

bool req_accepts_gzip(const struct req *r)
{
	struct span rest = req_header(r, "Accept-Encoding"), part;

	while (rest.len > 0 && span_split(&rest, ',', &part)) {
		part = span_trim(part);
		if (span_ieq(part, SPAN("gzip")))
			return true;
		if (span_istarts(part, SPAN("gzip;")) && !is_zero_weight(span_from(part, 5)))
			return true;
	}
	return false;
}
