/* Refusals as RFC 9457 problem documents. No text of the request is echoed. */
#include "backend/api/api.h"

static const char *title_of(int status)
{
	switch (status) {
	case 400:
		return "Bad request";
	case 401:
		return "Not logged in";
	case 403:
		return "Forbidden";
	case 404:
		return "Not found";
	case 405:
		return "Method not allowed";
	case 409:
		return "Conflict";
	case 412:
		return "Changed in the meantime";
	case 413:
		return "Too large";
	case 414:
		return "Address too long";
	case 415:
		return "Unsupported media type";
	case 421:
		return "Misdirected request";
	case 422:
		return "Not valid";
	case 429:
		return "Too many requests";
	case 503:
		return "Try again later";
	default:
		return "Internal error";
	}
}

static struct cJSON *errors_json(struct arena *a, const struct problem *p)
{
	struct cJSON *list = json_array(a);

	for (size_t i = 0; i < p->n_errors; i++) {
		struct cJSON *e = json_object(a);
		json_add_text(a, e, "field", p->errors[i].field);
		json_add_cstr(a, e, "code", p->errors[i].code);
		json_add_text(a, e, "detail", p->errors[i].detail);
		json_push(list, e);
	}
	return list;
}

void api_refuse(struct req *r, const struct problem *p, struct reply *out)
{
	struct arena *a = r->ctx->arena;
	struct cJSON *o = json_object(a);

	json_add_cstr(a, o, "type", "about:blank");
	json_add_cstr(a, o, "title", title_of(p->status));
	json_add_i64(a, o, "status", p->status);
	json_add_cstr(a, o, "code", p->code);
	json_add_text(a, o, "detail", p->detail);
	json_add(a, o, "errors", errors_json(a, p));
	json_add_cstr(a, o, "request_id", r->id);
	reply_json(r, out, p->status, o);
	out->type = "application/problem+json";
}
