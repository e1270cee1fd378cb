/* What the API's handlers share. */
#include "backend/api/api.h"

static bool declares(const struct form *f, const char *name)
{
	for (const struct field *field = f->fields; field->type != FIELD_END; field++) {
		if (strcmp(field->name, name) == 0)
			return true;
	}
	return false;
}

static struct span text_of(const struct form *f, const char *name)
{
	return declares(f, name) ? form_text(f, name) : SPAN("");
}

struct list_ask api_list_ask(const struct req *r)
{
	const struct form *f = &r->query_form;

	return (struct list_ask){ .limit = declares(f, "limit") ? form_i64(f, "limit", 0) : 0,
		.cursor = text_of(f, "cursor"),
		.domain = text_of(f, "domain"),
		.search = text_of(f, "q"),
		.role = text_of(f, "role"),
		.sort = text_of(f, "sort"),
		.state = text_of(f, "state"),
		.account = text_of(f, "account") };
}

/* Link: </api/v1/domains?limit=50&cursor=...>; rel="next" */
static void add_link(struct req *r, struct reply *out, struct span next_cursor)
{
	struct str link = str_in(r->ctx->arena, 8192);

	str_addf(&link, "<" SPAN_FMT "?cursor=" SPAN_FMT, SPAN_ARG(r->path), SPAN_ARG(next_cursor));
	for (size_t i = 0; i < r->query_params.len; i++) {
		const struct param *p = &r->query_params.items[i];
		if (span_eq(p->name, SPAN("cursor")))
			continue;
		str_add_c(&link, '&');
		percent_encode(&link, p->name);
		str_add_c(&link, '=');
		percent_encode(&link, p->value);
	}
	str_add_cstr(&link, ">; rel=\"next\"");
	if (str_ok(&link))
		reply_header(r, out, "Link", str_span(&link));
}

void api_reply_list(struct req *r, struct reply *out, struct cJSON *items, struct span next_cursor)
{
	struct arena *a = r->ctx->arena;
	struct cJSON *list = json_object(a);

	json_add(a, list, "items", items);
	if (next_cursor.len > 0)
		json_add_text(a, list, "next_cursor", next_cursor);
	else
		json_add_null(a, list, "next_cursor");
	reply_json(r, out, 200, list);
	if (next_cursor.len > 0)
		add_link(r, out, next_cursor);
}

void api_reply_object(struct req *r, struct reply *out, const struct cJSON *value, int64_t version)
{
	reply_json(r, out, 200, value);
	if (version > 0)
		reply_etag_version(r, out, version);
}

void api_reply_created(struct req *r, struct reply *out, const struct cJSON *value,
	const char *collection, struct span key, int64_t version)
{
	struct str location = str_in(r->ctx->arena, 4096);

	reply_json(r, out, 201, value);
	if (version > 0)
		reply_etag_version(r, out, version);
	str_addf(&location, "/api/v1/%s/", collection);
	percent_encode(&location, key);
	if (!r->is_dry_run && str_ok(&location))
		reply_header(r, out, "Location", str_span(&location));
}

void api_reply_deleted(struct req *r, struct reply *out)
{
	reply_empty(r, out, 204);
}

enum rc api_if_match(const struct req *r, int64_t *out_version, struct err *err)
{
	int64_t version = req_if_match(r);

	if (version < 0)
		return err_set(
			err, RC_CONFLICT, "if_match", "If-Match is not a version of this object.");
	*out_version = version;
	return RC_OK;
}
