/*
 * The parts of a notification: header, words for people (dsn_text.c), fields for programs, the message
 * or its header. See dsn.h.
 *
 * Remote replies come escaped and cut (REQUIREMENTS 53); every field is written by header_write, which
 * refuses line ends. What is returned of the message travels as it is; where it could not, only
 * its header is returned, encoded.
 */
#include "mailcore/deliver/dsn.h"

#include "mailcore/base/utf8.h"
#include "mailcore/deliver/dsn_impl.h"
#include "mailcore/mime/build.h"
#include "mailcore/mime/date.h"
#include "mailcore/mime/header.h"
#include "mailcore/mime/qp.h"

#define LINE_MAX_LEN  998
#define FIELD_MAX     1024
#define VALUE_MAX     900
#define REFERENCE_MAX 300
#define SUBJECT_MAX   150

/* A notification that is being written: rc keeps the first failure. */
struct writer {
	struct arena *arena;
	const struct dsn *dsn;
	struct str *out;
	struct span boundary;
	enum rc rc;
};

static void keep(struct writer *w, enum rc rc)
{
	if (w->rc == RC_OK)
		w->rc = rc;
}

/* --- fields for programs (RFC 3464, 6533) ----------------------------------------------------- */

/* RFC 6533 §3: utf-8-addr-xtext for who cannot take UTF-8; in Diagnostic-Code the same way. */
static struct span ascii_form(struct writer *w, struct span text)
{
	struct str s = str_in(w->arena, FIELD_MAX * 3);

	while (text.len > 0) {
		uint32_t code = 0;
		size_t n = utf8_decode(text, &code);
		if (n == 0)
			str_add_c(&s, '?');
		else if (code >= ' ' && code <= '~')
			str_add_c(&s, (char)code);
		else
			str_addf(&s, "\\x{%X}", (unsigned)code);
		text = span_from(text, n ? n : 1);
	}
	return str_span(&s);
}

static void write_field(struct writer *w, const char *name, const char *type, struct span value)
{
	struct str s = str_in(w->arena, FIELD_MAX * 4);

	if (!utf8_is_ascii(value) && !w->dsn->smtputf8)
		value = ascii_form(w, value);
	if (value.len > VALUE_MAX) /* a word that is longer than a line could not be written */
		value.len = utf8_floor(value.ptr, VALUE_MAX);
	str_addf(&s, "%s" SPAN_FMT, type, SPAN_ARG(value));
	keep(w, header_write(w->out, name, str_span(&s)));
}

static void write_time(struct writer *w, const char *name, int64_t at_s)
{
	struct str s = str_in(w->arena, 64);

	if (at_s <= 0)
		return;
	date_add(&s, at_s, 0);
	keep(w, header_write(w->out, name, str_span(&s)));
}

static const char *type_of(struct span address)
{
	return utf8_is_ascii(address) ? "rfc822; " : "utf-8; ";
}

/* What a client has given as xtext is written decoded, if it can be written. */
static void write_original(struct writer *w, struct span orcpt)
{
	size_t semicolon = span_find(orcpt, ';');
	struct str text = str_in(w->arena, FIELD_MAX);

	if (semicolon == SPAN_NPOS || semicolon == 0 ||
		!xtext_decode(span_from(orcpt, semicolon + 1), &text))
		return;
	struct span type =
		arena_printf(w->arena, SPAN_FMT "; ", SPAN_ARG(span_sub(orcpt, 0, semicolon)));
	if (utf8_is_ascii(type))
		write_field(w, "Original-Recipient", type.ptr, str_span(&text));
}

static const char *action_word(enum dsn_action action)
{
	switch (action) {
	case DSN_FAILED:
		return "failed";
	case DSN_DELAYED:
		return "delayed";
	case DSN_DELIVERED:
		return "delivered";
	case DSN_RELAYED:
		return "relayed";
	case DSN_EXPANDED:
		return "expanded";
	}
	return "failed";
}

static void write_rcpt_fields(struct writer *w, const struct dsn_rcpt *r)
{
	str_add_cstr(w->out, "\r\n");
	write_original(w, r->original);
	write_field(w, "Final-Recipient", type_of(r->final), r->final);
	write_field(w, "Action", "", span_of(action_word(r->action)));
	write_field(w, "Status", "", r->status);
	if (r->remote_mta.len > 0)
		write_field(w, "Remote-MTA", "dns; ", r->remote_mta);
	if (r->diagnostic.len > 0)
		/* "smtp" is for the words of an SMTP server only (RFC 3464 §2.3.6) */
		write_field(w, "Diagnostic-Code",
			r->remote_mta.len > 0 ? "smtp; " : "x-mailstead; ", r->diagnostic);
	write_time(w, "Last-Attempt-Date", r->last_attempt_s);
	if (r->action == DSN_DELAYED)
		write_time(w, "Will-Retry-Until", r->retry_until_s);
}

static void write_status_fields(struct writer *w)
{
	const struct dsn *d = w->dsn;
	struct str envid = str_in(w->arena, FIELD_MAX);

	write_field(w, "Reporting-MTA", "dns; ", d->reporting_mta);
	if (d->envid.len > 0 && xtext_decode(d->envid, &envid))
		write_field(w, "Original-Envelope-Id", "", str_span(&envid));
	write_time(w, "Arrival-Date", d->arrival_s);
	for (size_t i = 0; i < d->n_rcpts; i++)
		write_rcpt_fields(w, &d->rcpts[i]);
}

/* --- parts ------------------------------------------------------------------------------------ */

static void begin_part(struct writer *w, const char *type, bool eight_bit)
{
	str_addf(w->out, "--" SPAN_FMT "\r\n", SPAN_ARG(w->boundary));
	if (type)
		str_addf(w->out, "Content-Type: %s\r\n", type);
	if (eight_bit)
		str_add_cstr(w->out, "Content-Transfer-Encoding: 8bit\r\n");
}

static void write_words(struct writer *w)
{
	struct str text = str_in(w->arena, DSN_MAX);

	dsn_add_text(w->arena, w->dsn, &text);
	begin_part(w, NULL, false);
	keep(w, text_part_write(w->out, "plain", str_span(&text)));
}

static void write_status(struct writer *w)
{
	bool utf8 = w->dsn->smtputf8;

	begin_part(w, utf8 ? "message/global-delivery-status" : "message/delivery-status", utf8);
	str_add_cstr(w->out, "\r\n");
	write_status_fields(w);
}

/* Could every line travel as it is? */
static bool is_plain(struct span text)
{
	struct span line;

	while (span_split(&text, '\n', &line)) {
		if (span_ends(line, SPAN("\r")))
			line.len--;
		if (line.len > LINE_MAX_LEN || span_find(line, '\0') != SPAN_NPOS ||
			span_find(line, '\r') != SPAN_NPOS)
			return false;
	}
	return true;
}

/* Whole lines, each with CRLF; the rest of one that was cut is left out. */
static void add_lines(struct str *out, struct span text, bool cut)
{
	struct span line;

	while (text.len > 0) {
		size_t end = span_find(text, '\n');
		if (end == SPAN_NPOS && cut)
			return;
		line = span_sub(text, 0, end);
		if (span_ends(line, SPAN("\r")))
			line.len--;
		str_add(out, line);
		str_add_cstr(out, "\r\n");
		text = end == SPAN_NPOS ? SPAN("") : span_from(text, end + 1);
	}
}

static void write_message(struct writer *w)
{
	struct span start = w->dsn->start;
	bool ascii = utf8_is_ascii(start);
	bool global = !utf8_is_ascii(w->dsn->head) && w->dsn->smtputf8;

	begin_part(w, global ? "message/global" : "message/rfc822", !ascii);
	str_add_cstr(w->out, "\r\n");
	add_lines(w->out, start, start.len >= DSN_RETURN_MAX);
}

/* text/rfc822-headers is a text: unlike a message it may be encoded. */
static void write_head(struct writer *w)
{
	struct span head = w->dsn->head;
	bool global = !utf8_is_ascii(head) && utf8_valid(head) && w->dsn->smtputf8;
	bool plain = utf8_is_ascii(head) && is_plain(head);

	if (head.len > DSN_RETURN_MAX)
		head.len = DSN_RETURN_MAX;
	begin_part(
		w, global ? "message/global-headers" : "text/rfc822-headers; charset=utf-8", false);
	if (plain) {
		str_add_cstr(w->out, "\r\n");
		add_lines(w->out, head, w->dsn->head.len > head.len);
		return;
	}
	str_add_cstr(w->out, "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
	qp_add(w->out, head);
	str_add_cstr(w->out, "\r\n");
}

/* --- the header ------------------------------------------------------------------------------- */

static const char *subject_before(enum dsn_action action)
{
	switch (action) {
	case DSN_FAILED:
		return "Not delivered: ";
	case DSN_DELAYED:
		return "Not delivered yet: ";
	case DSN_DELIVERED:
		return "Delivered: ";
	case DSN_RELAYED:
	case DSN_EXPANDED:
		return "Passed on: ";
	}
	return "";
}

static void write_subject(struct writer *w)
{
	struct span subject = header_text_of(w->arena, w->dsn->head, SPAN("Subject"));

	if (subject.len == 0)
		subject = SPAN("(no subject)");
	if (subject.len > SUBJECT_MAX)
		subject.len = utf8_floor(subject.ptr, SUBJECT_MAX);
	struct span text = arena_printf(w->arena, "%s" SPAN_FMT,
		subject_before(w->dsn->rcpts[0].action), SPAN_ARG(subject));
	keep(w, header_write_text(w->out, "Subject", text));
}

/* So that mail programs show it beside the message that it is about. */
static void write_references(struct writer *w)
{
	struct header_field field;
	struct span id;

	if (!header_find(w->dsn->head, SPAN("Message-ID"), &field) ||
		message_ids_parse(w->arena, field.value, &id, 1) == 0 || id.len > REFERENCE_MAX ||
		!utf8_is_ascii(id))
		return;
	if (header_write_ids(w->out, "In-Reply-To", &id, 1) == RC_OK)
		keep(w, header_write_ids(w->out, "References", &id, 1));
}

static void write_from_to(struct writer *w)
{
	struct address from = { .name = SPAN("Mail Delivery System"),
		.local = SPAN("MAILER-DAEMON"),
		.domain = w->dsn->reporting_mta };
	struct address to = { 0 };
	struct addr_spec spec;

	if (!addr_spec_parse(w->arena, w->dsn->to, &spec)) {
		keep(w, RC_INVALID);
		return;
	}
	to.local = spec.local;
	to.domain = spec.domain;
	keep(w, header_write_addresses(w->out, "From", &from, 1));
	keep(w, header_write_addresses(w->out, "To", &to, 1));
}

static void write_header(struct writer *w)
{
	struct span id = message_id_make(w->arena, w->dsn->reporting_mta);
	struct build_param params[] = {
		{ "report-type", SPAN("delivery-status") },
		{ "boundary", w->boundary },
	};

	write_from_to(w);
	write_subject(w);
	write_time(w, "Date", w->dsn->now_s);
	keep(w, header_write_ids(w->out, "Message-ID", &id, 1));
	write_references(w);
	keep(w, header_write(w->out, "Auto-Submitted", SPAN("auto-replied")));
	keep(w, header_write(w->out, "MIME-Version", SPAN("1.0")));
	keep(w, header_write_params(w->out, "Content-Type", SPAN("multipart/report"), params, 2));
}

/* --- the whole -------------------------------------------------------------------------------- */

bool dsn_returns_message(const struct dsn *d)
{
	bool utf8_head = !utf8_is_ascii(d->head);

	return d->return_full && d->start.len > 0 && is_plain(d->start) &&
		(!utf8_head || d->smtputf8);
}

enum rc dsn_write(struct ctx *ctx, const struct dsn *dsn, struct str *out)
{
	struct writer w = {
		.arena = ctx->arena, .dsn = dsn, .out = out, .boundary = boundary_make(ctx->arena)
	};
	bool whole = dsn_returns_message(dsn);
	size_t before = out->len;

	ASSERT(dsn->to.len > 0 && dsn->n_rcpts > 0); /* never for the null sender */
	write_header(&w);
	if ((whole && !utf8_is_ascii(dsn->start)) || dsn->smtputf8)
		keep(&w, header_write(out, "Content-Transfer-Encoding", SPAN("8bit")));
	str_add_cstr(out, "\r\n");
	write_words(&w);
	write_status(&w);
	if (whole)
		write_message(&w);
	else if (dsn->head.len > 0)
		write_head(&w);
	str_addf(out, "--" SPAN_FMT "--\r\n", SPAN_ARG(w.boundary));
	if (w.rc == RC_OK && !str_ok(out))
		w.rc = RC_LIMIT;
	if (w.rc != RC_OK && str_ok(out))
		out->len = before;
	return w.rc;
}
