/* What is around every handler of the API: Idempotency-Key and dry runs. */
#include "backend/accounts/idempotency.h"
#include "backend/api/api.h"
#include "mailcore/base/log.h"

static enum rc run(struct req *r, struct reply *out, struct err *err)
{
	return r->route->handler(r, out, err);
}

/* ------------------------------------------------------------------------ dry runs */

/* {"dry_run":true,"status":201,"body":...}: what would have been answered. */
static void report_rehearsal(struct req *r, struct reply *out)
{
	struct arena *a = r->ctx->arena;
	struct cJSON *o = json_object(a), *body = NULL;

	json_add_bool(a, o, "dry_run", true);
	json_add_i64(a, o, "status", out->status);
	if (out->body.len > 0 && json_parse(a, str_span(&out->body), &body, NULL))
		json_add(a, o, "body", body);
	else
		json_add_null(a, o, "body");
	out->etag = NULL;
	reply_json(r, out, 200, o);
}

/* ------------------------------------------------------------------------ Idempotency-Key */

static struct span header_of(const struct reply *reply, const char *name)
{
	return params_iget(&reply->headers, span_of(name));
}

static void keep_answer(
	struct req *r, struct span key, int status, struct span location, struct span body)
{
	enum rc rc = status >= 500 ? idempotency_drop(r->ctx, key)
				   : idempotency_end(r->ctx, key, status, location, body);
	if (rc != RC_OK)
		log_warn("idempotency.keep", "id=%s rc=%s", r->id, rc_name(rc));
}

static enum rc replay(
	struct req *r, const struct idempotent *first, struct reply *out, struct err *err)
{
	if (r->route->flags & ROUTE_SECRET)
		return err_set(err, RC_CONFLICT, "Idempotency-Key",
			"This was done already, and its secret was shown then.");
	(void)reply_begin(r, out, first->status,
		first->status < 400 ? "application/json" : "application/problem+json");
	str_add(&out->body, first->body);
	if (first->location.len > 0)
		reply_header(r, out, "Location", first->location);
	reply_header(r, out, "Idempotent-Replayed", SPAN("true"));
	return RC_OK;
}

/* A refusal is an answer too. */
static enum rc run_and_keep(struct req *r, struct span key, struct reply *out, struct err *err)
{
	enum rc rc = run(r, out, err);

	if (rc != RC_OK) {
		struct problem p = problem_of(r->ctx, rc, err);
		api_refuse(r, &p, out);
	}
	bool is_secret = (r->route->flags & ROUTE_SECRET) && out->status < 400;
	bool fits = out->body.len <= IDEMPOTENCY_BODY_MAX;
	keep_answer(r, key, out->status, header_of(out, "Location"),
		is_secret || !fits ? SPAN("") : str_span(&out->body));
	return RC_OK;
}

static enum rc run_once(struct req *r, struct span key, struct reply *out, struct err *err)
{
	struct idempotent first;

	if (key.len > IDEMPOTENCY_KEY_MAX)
		return err_set(err, RC_INVALID, "Idempotency-Key", "At most %d characters.",
			IDEMPOTENCY_KEY_MAX);
	enum rc rc = idempotency_begin(r->ctx, key, SPAN("POST"), r->path, r->body, &first, err);
	if (rc == RC_EXISTS) { /* the same key for something else: not a conflict of states */
		err->rc = RC_INVALID;
		return RC_INVALID;
	}
	if (rc != RC_OK)
		return rc;
	return first.is_repeat ? replay(r, &first, out, err) : run_and_keep(r, key, out, err);
}

enum rc api_wrap(struct req *r, struct reply *out, struct err *err)
{
	struct span key = req_header(r, "Idempotency-Key");

	if (r->is_dry_run && r->method != METHOD_GET) {
		enum rc rc = run(r, out, err);
		if (rc == RC_OK)
			report_rehearsal(r, out);
		return rc;
	}
	if (r->method == METHOD_POST && key.len > 0 && r->actor)
		return run_once(r, key, out, err);
	return run(r, out, err);
}
