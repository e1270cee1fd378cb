/* How mail of a domain or an account leaves, and how much of it: relay, outgoing address, limits. */
#include "backend/accounts/domain_service.h"
#include "backend/accounts/route_service.h"
#include "backend/accounts/send_limit_service.h"
#include "backend/http/params.h"
#include "webui/panel/panel.h"

const struct field route_fields[] = {
	{ "smarthost", FIELD_TEXT, .max = 1000 },
	{ "source", FIELD_TEXT, .max = 100 },
	{ 0 },
};
const struct field limit_fields[] = {
	{ "hour_messages", FIELD_TEXT, .max = 10 },
	{ "hour_recipients", FIELD_TEXT, .max = 10 },
	{ "day_messages", FIELD_TEXT, .max = 10 },
	{ "day_recipients", FIELD_TEXT, .max = 10 },
	{ 0 },
};

/* A domain's page, or an account's. */
struct place {
	bool is_domain;
	struct span name, url; /* the URL of its sending page */
};

static struct place place_of(struct req *r)
{
	bool is_domain = span_starts(r->path, SPAN("/domains/"));
	struct span name = req_path(r, is_domain ? "domain" : "login");
	struct str url = str_in(r->ctx->arena, 2048);

	str_add_cstr(&url, is_domain ? "/domains/" : "/customers/");
	percent_encode(&url, name);
	str_add_cstr(&url, "/sending");
	return (struct place){ is_domain, name, str_span(&url) };
}

static void limits_add(struct page *p, const struct send_limit *limit)
{
	static const enum words_id labels[LIMITS] = { W_LIMIT_HOUR_MESSAGES,
		W_LIMIT_HOUR_RECIPIENTS, W_LIMIT_DAY_MESSAGES, W_LIMIT_DAY_RECIPIENTS };
	struct val *list = val_set_list(p->data, "limits");

	for (int i = 0; i < LIMITS; i++) {
		struct val *item = val_push(list);
		bool typed = p->req->form.fields == limit_fields;
		struct span value =
			arena_printf(p->req->ctx->arena, "%lld", (long long)limit->value[i]);
		val_set_cstr(item, "id", send_limit_names[i]);
		val_set(item, "label", words(labels[i]));
		val_set(item, "shown", limit->value[i] > 0 ? value : words(W_LIMIT_NONE));
		val_set(item, "value",
			typed ? form_text(&p->req->form, send_limit_names[i]) : value);
	}
	val_set(p->data, "limits_from", words(limit->own ? W_LIMIT_FROM_OWN : W_LIMIT_FROM_SERVER));
	val_set_bool(p->data, "limits_own", limit->own);
}

static struct page begin(struct req *r, const struct place *at)
{
	struct page p = panel_begin(r, "panel/sending", at->is_domain ? "domains" : "customers",
		words(W_SENDING_TITLE));

	val_set_bool(p.data, "of_domain", at->is_domain);
	panel_domain_tabs(&p, at->is_domain ? at->name : SPAN(""), "sending");
	val_set(p.data, "name", at->name);
	val_set(p.data, "url", at->url);
	return p;
}

static enum rc sending_page(struct req *r, struct reply *out, int status, struct err *err)
{
	struct place at = place_of(r);
	struct route_setting route;
	struct send_limit limit;
	enum rc rc = route_get(r->services, r->ctx,
		at.is_domain ? ROUTE_OF_DOMAIN : ROUTE_OF_ACCOUNT, at.name, &route, err);

	if (rc == RC_OK)
		rc = send_limit_get(r->services, r->ctx,
			at.is_domain ? LIMIT_OF_DOMAIN : LIMIT_OF_ACCOUNT, at.name, &limit, err);
	if (rc != RC_OK)
		return rc;
	struct page p = begin(r, &at);
	bool failed = r->method == METHOD_POST;
	val_set(p.data, "smarthost", route.smarthost);
	val_set(p.data, "source", route.source);
	val_set(p.data, "source_typed",
		r->form.fields == route_fields ? form_text(&r->form, "source") : route.source);
	val_set_bool(p.data, "has_route", route.smarthost.len + route.source.len > 0);
	val_set_bool(p.data, "may_limit", r->actor->role != ROLE_CUSTOMER);
	limits_add(&p, &limit);
	page_form(&p, NULL, failed ? &r->form : NULL);
	return page_send(&p, out, status);
}

enum rc page_sending(struct req *r, struct reply *out, struct err *err)
{
	return sending_page(r, out, 200, err);
}

static enum rc answer(
	struct req *r, struct reply *out, enum rc rc, const char *done, struct err *err)
{
	struct place at = place_of(r);

	if (rc != RC_NOT_FOUND && page_add_refusal(r, rc, err))
		return sending_page(r, out, 422, err);
	if (rc == RC_OK)
		page_redirect_done(r, out, at.url, done);
	return rc;
}

enum rc page_route_post(struct req *r, struct reply *out, struct err *err)
{
	struct place at = place_of(r);
	enum route_of of = at.is_domain ? ROUTE_OF_DOMAIN : ROUTE_OF_ACCOUNT;
	struct route_setting made,
		in = { .smarthost = span_trim(form_text(&r->form, "smarthost")),
			.source = span_trim(form_text(&r->form, "source")) };

	if (r->form.n_errors > 0)
		return sending_page(r, out, 422, err);
	enum rc rc = route_set(r->services, r->ctx, of, at.name, &in, &made, err);
	return answer(r, out, rc, "route_saved", err);
}

enum rc page_route_remove_post(struct req *r, struct reply *out, struct err *err)
{
	struct place at = place_of(r);
	enum rc rc = route_remove(r->services, r->ctx,
		at.is_domain ? ROUTE_OF_DOMAIN : ROUTE_OF_ACCOUNT, at.name, err);

	return answer(r, out, rc, "route_removed", err);
}

enum rc page_limit_post(struct req *r, struct reply *out, struct err *err)
{
	struct place at = place_of(r);
	struct send_limit made, in = { .own = true };

	for (int i = 0; i < LIMITS; i++) {
		uint64_t value;
		struct span text = span_trim(form_text(&r->form, send_limit_names[i]));
		if (span_u64(text, SEND_LIMIT_MAX, &value))
			in.value[i] = (int64_t)value;
		else
			form_add_error(r->ctx, &r->form, span_of(send_limit_names[i]), "invalid",
				words(W_LIMIT_WRONG));
	}
	if (r->form.n_errors > 0)
		return sending_page(r, out, 422, err);
	enum rc rc = send_limit_set(r->services, r->ctx,
		at.is_domain ? LIMIT_OF_DOMAIN : LIMIT_OF_ACCOUNT, at.name, &in, &made, err);
	return answer(r, out, rc, "limit_saved", err);
}

enum rc page_limit_remove_post(struct req *r, struct reply *out, struct err *err)
{
	struct place at = place_of(r);
	enum rc rc = send_limit_remove(r->services, r->ctx,
		at.is_domain ? LIMIT_OF_DOMAIN : LIMIT_OF_ACCOUNT, at.name, err);

	return answer(r, out, rc, "limit_removed", err);
}
