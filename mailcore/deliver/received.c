/* Return-Path and Received. */
#include "mailcore/deliver/received.h"

#include "mailcore/mime/build.h"
#include "mailcore/mime/date.h"

static bool is_host_char(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '.' || c == '_';
}

bool helo_is_name(struct span helo)
{
	struct addr literal;

	if (helo.len == 0 || addr_parse_literal(helo, &literal))
		return helo.len > 0;
	for (size_t i = 0; i < helo.len; i++) {
		if (!is_host_char(helo.ptr[i]))
			return false;
	}
	return true;
}

/* RFC 5321 §4.4: "from" name ( address ) "by" name "with" protocol "id" id ["for" path] ; date */
static void add_stamp(struct str *out, const struct received *r)
{
	const struct intake_source *s = r->source;

	if (!s->internal) {
		str_add_cstr(out, "from ");
		str_add(out, helo_is_name(s->helo) ? s->helo : SPAN("unverified"));
		str_add_cstr(out, " (");
		addr_add_literal(out, &s->peer);
		str_add_cstr(out, ") ");
	}
	str_addf(out, "by %s", r->hostname);
	if (!s->internal)
		str_addf(out, " with " SPAN_FMT, SPAN_ARG(s->protocol));
	if (s->tls.len > 0)
		str_addf(out, " (" SPAN_FMT ")", SPAN_ARG(s->tls));
	str_add_cstr(out, " id ");
	uuid_add(out, r->id);
	if (r->only_rcpt.len > 0)
		str_addf(out, " for <" SPAN_FMT ">", SPAN_ARG(r->only_rcpt));
	str_add_cstr(out, "; ");
	date_add(out, r->at_s, 0);
}

static bool add_auth_results(struct str *out, struct span value)
{
	return value.len == 0 || header_write(out, "Authentication-Results", value) == RC_OK;
}

bool received_add(struct str *out, const struct received *r)
{
	struct str path, stamp;

	str_init(&path, RECEIVED_MAX);
	str_init(&stamp, RECEIVED_MAX);
	str_addf(&path, "<" SPAN_FMT ">", SPAN_ARG(r->source->mail_from));
	add_stamp(&stamp, r);
	bool ok = str_ok(&path) && str_ok(&stamp) &&
		header_write(out, "Return-Path", str_span(&path)) == RC_OK &&
		add_auth_results(out, r->auth_results) &&
		header_write(out, "Received", str_span(&stamp)) == RC_OK;
	str_done(&path);
	str_done(&stamp);
	return ok && str_ok(out);
}
