/* Whole messages: text parts, attachments, multiparts. Every writer here ends at a line's start. */
#include "mailcore/mime/build.h"

#include "mailcore/base/base64.h"
#include "mailcore/base/random.h"
#include "mailcore/base/utf8.h"
#include "mailcore/mime/content_type.h"
#include "mailcore/mime/date.h"
#include "mailcore/mime/qp.h"

#define BASE64_LINE_BYTES 57 /* 76 characters */
#define LINE_MAX_LEN      998
#define TOKEN_BYTES       18

struct span message_id_make(struct arena *a, struct span host)
{
	struct str id = str_in(a, 400);
	random_add_token(&id, TOKEN_BYTES);
	str_add_c(&id, '@');
	str_add(&id, host);
	return str_span(&id);
}

struct span boundary_make(struct arena *a)
{
	/* "=_" occurs in neither encoding; the rest in no message that was sent as it is. */
	struct str boundary = str_in(a, 70);
	str_add(&boundary, SPAN("=_"));
	random_add_token(&boundary, TOKEN_BYTES);
	return str_span(&boundary);
}

void base64_lines_add(struct str *out, struct span bytes)
{
	while (bytes.len > 0) {
		base64_add(out, span_sub(bytes, 0, BASE64_LINE_BYTES));
		str_add(out, SPAN("\r\n"));
		bytes = span_from(bytes, BASE64_LINE_BYTES);
	}
}

/* --- text parts --- */

static void add_with_crlf(struct str *out, struct span text)
{
	size_t from = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (c != '\r' && c != '\n')
			continue;
		str_add(out, span_sub(text, from, i - from));
		str_add(out, SPAN("\r\n"));
		if (c == '\r' && i + 1 < text.len && text.ptr[i + 1] == '\n')
			i++;
		from = i + 1;
	}
	struct span last = span_from(text, from);
	str_add(out, last);
	if (last.len > 0)
		str_add(out, SPAN("\r\n"));
}

/* May lines ending with CRLF travel as they are? */
static bool has_short_lines(struct span text)
{
	struct span rest = text, line;

	while (span_split(&rest, '\n', &line)) {
		if (line.len > LINE_MAX_LEN + 1 /* CR */ || span_find(line, '\0') != SPAN_NPOS)
			return false;
	}
	return true;
}

/* Some store would write ">From " (mbox). */
static bool has_from_line(struct span text)
{
	return span_starts(text, SPAN("From ")) ||
		span_find_span(text, SPAN("\nFrom ")) != SPAN_NPOS;
}

static size_t count_8bit(struct span text)
{
	size_t n = 0;
	for (size_t i = 0; i < text.len; i++)
		n += (unsigned char)text.ptr[i] >= 0x80;
	return n;
}

static enum rc write_encoding(struct str *out, const char *name)
{
	enum rc rc = header_write(out, "Content-Transfer-Encoding", span_of(name));
	str_add(out, SPAN("\r\n"));
	return rc;
}

static enum rc write_text(struct str *out, const char *type, struct span crlf_text)
{
	const struct build_param charset = { "charset", SPAN("utf-8") };
	size_t high = count_8bit(crlf_text);
	enum rc rc = header_write_params(out, "Content-Type", span_of(type), &charset, 1);
	if (rc != RC_OK)
		return rc;

	if (high == 0 && has_short_lines(crlf_text) && !has_from_line(crlf_text)) {
		rc = write_encoding(out, "7bit");
		str_add(out, crlf_text);
	} else if (high * 6 < crlf_text.len) { /* three for one against four for three of all */
		rc = write_encoding(out, "quoted-printable");
		qp_add(out, crlf_text);
	} else {
		rc = write_encoding(out, "base64");
		base64_lines_add(out, crlf_text);
	}
	return str_ok(out) ? rc : RC_LIMIT;
}

enum rc text_part_write(struct str *out, const char *subtype, struct span utf8)
{
	struct str name, text;

	if (!utf8_valid(utf8))
		return RC_INVALID;
	str_init(&name, 64);
	str_addf(&name, "text/%s", subtype);
	str_init(&text, 2 * utf8.len + 2);
	add_with_crlf(&text, utf8);
	enum rc rc = write_text(out, str_cstr(&name), str_span(&text));
	str_done(&text);
	str_done(&name);
	return rc;
}

/* --- attachments --- */

/* A message may not be encoded (RFC 2046 §5.2.1); one that cannot travel as it is goes as a file. */
static bool is_raw_message(const struct content_type *type, struct span bytes)
{
	bool message =
		span_eq(type->type, SPAN("message")) && span_eq(type->subtype, SPAN("rfc822"));

	if (!message || !has_short_lines(bytes) || !span_ends(bytes, SPAN("\r\n")))
		return false;
	for (size_t i = 0; i < bytes.len; i++) {
		bool cr = bytes.ptr[i] == '\r' && (i + 1 == bytes.len || bytes.ptr[i + 1] != '\n');
		bool lf = bytes.ptr[i] == '\n' && (i == 0 || bytes.ptr[i - 1] != '\r');
		if (cr || lf)
			return false;
	}
	return true;
}

static bool is_usable_type(const struct content_type *type)
{
	return utf8_is_ascii(type->type) && utf8_is_ascii(type->subtype) &&
		!span_eq(type->type, SPAN("multipart")) && !span_eq(type->type, SPAN("message"));
}

static enum rc write_attachment(
	struct arena *a, struct str *out, const struct build_attachment *at, bool is_inline)
{
	struct content_type type;
	struct span name = SPAN("application/octet-stream");
	bool known = content_type_parse(a, at->type, &type);
	bool raw = known && is_raw_message(&type, at->bytes);
	if (raw || (known && is_usable_type(&type)))
		name = arena_printf(
			a, SPAN_FMT "/" SPAN_FMT, SPAN_ARG(type.type), SPAN_ARG(type.subtype));

	const struct build_param type_name = { "name", at->filename };
	const struct build_param filename = { "filename", at->filename };
	size_t n = at->filename.len > 0;
	struct span kind = is_inline ? SPAN("inline") : SPAN("attachment");
	enum rc rc = header_write_params(out, "Content-Type", name, &type_name, n);
	if (rc == RC_OK)
		rc = header_write_params(out, "Content-Disposition", kind, &filename, n);
	if (rc == RC_OK && at->content_id.len > 0)
		rc = header_write_ids(out, "Content-ID", &at->content_id, 1);
	if (rc == RC_OK)
		rc = write_encoding(out,
			!raw                               ? "base64"
				: utf8_is_ascii(at->bytes) ? "7bit"
							   : "8bit");
	if (raw)
		str_add(out, at->bytes);
	else
		base64_lines_add(out, at->bytes);
	return rc;
}

/* --- the body --- */

struct body {
	struct arena *arena;
	struct str *out;
	const struct build_message *m;
};

static enum rc begin_multipart(struct body *b, const char *type, struct span *out_boundary)
{
	*out_boundary = boundary_make(b->arena);
	const struct build_param boundary = { "boundary", *out_boundary };
	enum rc rc = header_write_params(b->out, "Content-Type", span_of(type), &boundary, 1);
	str_add(b->out, SPAN("\r\n"));
	return rc;
}

static void delimit(struct body *b, struct span boundary, bool last)
{
	str_add(b->out, SPAN("--"));
	str_add(b->out, boundary);
	str_add_cstr(b->out, last ? "--\r\n" : "\r\n");
}

static bool is_inline(const struct build_message *m, const struct build_attachment *at)
{
	return m->html.len > 0 && at->content_id.len > 0;
}

static size_t count_attachments(const struct build_message *m, bool inline_ones)
{
	size_t n = 0;
	for (size_t i = 0; i < m->n_attachments; i++)
		n += is_inline(m, &m->attachments[i]) == inline_ones;
	return n;
}

static enum rc write_attachments(struct body *b, struct span boundary, bool inline_ones)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < b->m->n_attachments && rc == RC_OK; i++) {
		const struct build_attachment *at = &b->m->attachments[i];
		if (is_inline(b->m, at) != inline_ones)
			continue;
		delimit(b, boundary, false);
		rc = write_attachment(b->arena, b->out, at, inline_ones);
	}
	delimit(b, boundary, true);
	return rc;
}

/* The HTML, with its pictures if it has some. */
static enum rc write_html(struct body *b)
{
	struct span boundary;

	if (count_attachments(b->m, true) == 0)
		return text_part_write(b->out, "html", b->m->html);
	enum rc rc = begin_multipart(b, "multipart/related", &boundary);
	delimit(b, boundary, false);
	if (rc == RC_OK)
		rc = text_part_write(b->out, "html", b->m->html);
	return rc == RC_OK ? write_attachments(b, boundary, true) : rc;
}

static enum rc write_readable(struct body *b)
{
	struct span boundary;

	if (b->m->html.len == 0)
		return text_part_write(b->out, "plain", b->m->text);
	if (b->m->text.len == 0)
		return write_html(b);
	enum rc rc = begin_multipart(b, "multipart/alternative", &boundary);
	delimit(b, boundary, false);
	if (rc == RC_OK)
		rc = text_part_write(b->out, "plain", b->m->text);
	delimit(b, boundary, false);
	if (rc == RC_OK)
		rc = write_html(b);
	delimit(b, boundary, true);
	return rc;
}

static enum rc write_body(struct body *b)
{
	struct span boundary;

	if (count_attachments(b->m, false) == 0)
		return write_readable(b);
	enum rc rc = begin_multipart(b, "multipart/mixed", &boundary);
	delimit(b, boundary, false);
	if (rc == RC_OK)
		rc = write_readable(b);
	return rc == RC_OK ? write_attachments(b, boundary, false) : rc;
}

/* --- the header --- */

static enum rc write_addresses(struct str *out, const char *name, const char *field,
	const struct address *list, size_t n, struct err *err)
{
	enum rc rc = header_write_addresses(out, name, list, n);
	if (rc == RC_INVALID)
		return err_set(
			err, rc, field, "One of these addresses cannot be used in a message.");
	return rc;
}

static enum rc write_people(struct str *out, const struct build_message *m, struct err *err)
{
	const struct {
		const char *name;
		const char *field;
		const struct address *list;
		size_t n;
	} fields[] = {
		{ "From", "from", m->from, m->n_from },
		{ "Sender", "sender", m->sender, m->sender != NULL },
		{ "Reply-To", "reply_to", m->reply_to, m->n_reply_to },
		{ "To", "to", m->to, m->n_to },
		{ "Cc", "cc", m->cc, m->n_cc },
		{ "Bcc", "bcc", m->bcc, m->n_bcc },
	};
	if (m->n_from == 0)
		return err_set(err, RC_INVALID, "from", "A message needs a sender.");
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		enum rc rc = write_addresses(
			out, fields[i].name, fields[i].field, fields[i].list, fields[i].n, err);
		if (rc != RC_OK)
			return rc;
	}
	return RC_OK;
}

static enum rc write_ids(
	struct str *out, const char *name, const struct span *ids, size_t n, struct err *err)
{
	if (n == 0 || ids[0].len == 0)
		return RC_OK;
	enum rc rc = header_write_ids(out, name, ids, n);
	if (rc == RC_INVALID)
		return err_set(err, rc, "message_id", "One of the message ids is malformed.");
	return rc;
}

static enum rc write_date(struct str *out, const struct build_message *m)
{
	struct str date;
	str_init(&date, 100);
	date_add(&date, m->date_s, m->zone_minutes);
	enum rc rc = header_write(out, "Date", str_span(&date));
	str_done(&date);
	return rc;
}

static enum rc write_header(struct str *out, const struct build_message *m, struct err *err)
{
	enum rc rc = write_people(out, m, err);
	if (rc == RC_OK) {
		rc = header_write_text(out, "Subject", m->subject);
		if (rc == RC_INVALID)
			(void)err_set(err, rc, "subject",
				"The subject has characters that no subject may have.");
	}
	if (rc == RC_OK)
		rc = write_date(out, m);
	if (rc == RC_OK)
		rc = write_ids(out, "Message-ID", &m->message_id, 1, err);
	if (rc == RC_OK)
		rc = write_ids(out, "In-Reply-To", &m->in_reply_to, 1, err);
	if (rc == RC_OK)
		rc = write_ids(out, "References", m->references, m->n_references, err);
	if (rc == RC_OK)
		rc = header_write(out, "MIME-Version", SPAN("1.0"));
	return rc;
}

enum rc message_build(struct str *out, const struct build_message *m, struct err *err)
{
	enum rc rc = write_header(out, m, err);
	if (rc == RC_OK) {
		struct arena a;
		arena_init(&a, 4096);
		rc = write_body(&(struct body){ .arena = &a, .out = out, .m = m });
		arena_done(&a);
		if (rc == RC_INVALID)
			(void)err_set(err, rc, "body",
				"The text or the name of an attachment is not valid UTF-8.");
	}
	if (rc == RC_LIMIT || (rc == RC_OK && !str_ok(out)))
		return err_set(
			err, RC_LIMIT, "body", "The message is larger than a message may be.");
	return rc;
}
