/*
 * What a notification says to people: what happened to which address, what it means, what to do, the
 * other server's own words; no terms of the trade before those.
 */
#include "mailcore/base/utf8.h"
#include "mailcore/deliver/dsn_impl.h"
#include "mailcore/mime/date.h"

#define WIDTH 72

bool xtext_decode(struct span text, struct str *out)
{
	for (size_t i = 0; i < text.len; i++) {
		int ch = (unsigned char)text.ptr[i];
		if (ch == '+') {
			int high = i + 2 < text.len ? ascii_hex(text.ptr[i + 1]) : -1;
			int low = high < 0 ? -1 : ascii_hex(text.ptr[i + 2]);
			if (low < 0)
				return false;
			ch = high * 16 + low;
			i += 2;
		}
		if (ch < ' ' || ch == 0x7f)
			return false;
		str_add_c(out, (char)ch);
	}
	return text.len > 0 && str_ok(out) && utf8_valid(str_span(out));
}

/* Words in lines of WIDTH, each behind `indent`. */
static void add_wrapped(struct str *out, const char *indent, struct span text)
{
	struct span word;
	size_t column = 0, margin = strlen(indent);

	while (span_split(&text, ' ', &word)) {
		if (word.len == 0)
			continue;
		if (column > 0 && column + 1 + word.len > WIDTH) {
			str_add_c(out, '\n');
			column = 0;
		}
		str_add_cstr(out, column == 0 ? indent : " ");
		str_add(out, word);
		column += word.len + (column == 0 ? margin : 1);
	}
	str_add_c(out, '\n');
}

static void add_date(struct str *out, int64_t at_s)
{
	date_add(out, at_s, 0);
}

/* --- per recipient ---------------------------------------------------------------------------- */

static void add_reply(struct str *out, const struct dsn_rcpt *r)
{
	if (r->diagnostic.len == 0)
		return;
	if (r->remote_mta.len > 0)
		str_addf(out, "\n    The server " SPAN_FMT " said:\n", SPAN_ARG(r->remote_mta));
	else
		str_add_cstr(out, "\n    The reason:\n");
	add_wrapped(out, "      ", r->diagnostic);
}

static void add_rcpt(struct str *out, const struct dsn_rcpt *r)
{
	str_addf(out, "\n  " SPAN_FMT "\n", SPAN_ARG(r->final));
	if (r->advice.len > 0)
		add_wrapped(out, "    ", r->advice);
	if (r->action == DSN_FAILED || r->action == DSN_DELAYED)
		add_reply(out, r);
	if (r->action == DSN_DELAYED && r->retry_until_s > 0) {
		str_add_cstr(out, "\n    We keep trying until ");
		add_date(out, r->retry_until_s);
		str_add_cstr(out, ".\n");
	}
}

/* --- the frame -------------------------------------------------------------------------------- */

static const char *opening(enum dsn_action action)
{
	switch (action) {
	case DSN_FAILED:
		return "could not be delivered to";
	case DSN_DELAYED:
		return "has not been delivered yet to";
	case DSN_DELIVERED:
		return "has been delivered to";
	case DSN_RELAYED:
		return "has been passed on to a server that does not confirm the last step, for";
	case DSN_EXPANDED:
		return "has been passed on to everybody behind";
	}
	return "";
}

static const char *closing(enum dsn_action action)
{
	switch (action) {
	case DSN_FAILED:
		return "The message will not be tried again. If you send it once more, please follow "
		       "the advice above first.";
	case DSN_DELAYED:
		return "You need not do anything. You will hear from us again only if it cannot be "
		       "delivered at all.";
	case DSN_DELIVERED:
	case DSN_RELAYED:
	case DSN_EXPANDED:
		return "You have asked for this receipt.";
	}
	return "";
}

static const char *attached(const struct dsn *d)
{
	if (!dsn_returns_message(d))
		return d->head.len > 0 ? "The header of your message is attached, and a report for "
					 "programs and administrators."
				       : "A report for programs and administrators is attached.";
	if (d->start.len >= DSN_RETURN_MAX)
		return "The beginning of your message is attached (it is too long to be returned "
		       "whole), and a report for programs and administrators.";
	return "Your message is attached, and a report for programs and administrators.";
}

void dsn_add_text(struct arena *a, const struct dsn *d, struct str *out)
{
	enum dsn_action action = d->rcpts[0].action;
	struct str line = str_in(a, 1024);

	str_add_cstr(&line, "Your message of ");
	add_date(&line, d->arrival_s);
	str_addf(&line, " %s:", opening(action));
	add_wrapped(out, "", str_span(&line));
	for (size_t i = 0; i < d->n_rcpts; i++)
		add_rcpt(out, &d->rcpts[i]);
	str_add_c(out, '\n');
	add_wrapped(out, "", span_of(closing(action)));
	str_add_c(out, '\n');
	add_wrapped(out, "", span_of(attached(d)));
	str_addf(out, "\n-- \nThe mail server " SPAN_FMT "\n", SPAN_ARG(d->reporting_mta));
}
