/* One small file over HTTPS. */
#include "mailcore/smtpclient/https_get.h"

#include "mailcore/base/clock.h"
#include "mailcore/base/cur.h"
#include "mailcore/net/mx.h"
#include "mailcore/net/tls_client.h"
#include "mailcore/smtpclient/wire.h"

#define CONNECT_MS 10000

/* --- the answer ------------------------------------------------------------------------------- */

struct head {
	int status;
	struct span type;
	bool chunked, has_length;
	uint64_t length;
};

/* HTTP-version SP status-code SP [ reason-phrase ] */
static bool read_status(struct span line, int *out)
{
	uint64_t code;

	if (!span_starts(line, SPAN("HTTP/1.")) || line.len < 12 || line.ptr[8] != ' ' ||
		!span_u64(span_sub(line, 9, 3), 599, &code))
		return false;
	*out = (int)code;
	return true;
}

static bool read_field(struct span line, struct head *h)
{
	size_t colon = span_find(line, ':');
	struct span name = span_sub(line, 0, colon);
	struct span value = colon == SPAN_NPOS ? SPAN_NONE : span_trim(span_from(line, colon + 1));

	if (span_ieq(name, SPAN("Content-Type")))
		h->type = value;
	if (span_ieq(name, SPAN("Transfer-Encoding"))) {
		h->chunked = span_ieq(value, SPAN("chunked"));
		return h->chunked;
	}
	if (!span_ieq(name, SPAN("Content-Length")))
		return colon != SPAN_NPOS;
	uint64_t length;
	bool good = span_u64(value, HTTPS_ANSWER_MAX, &length) &&
		(!h->has_length || h->length == length);
	h->has_length = good;
	h->length = good ? length : 0;
	return good;
}

static bool read_head(struct span text, struct head *h)
{
	struct span line;
	bool first = true, good = true;

	while (good && span_split(&text, '\n', &line)) {
		if (span_ends(line, SPAN("\r")))
			line.len--;
		good = first ? read_status(line, &h->status) : read_field(line, h);
		first = false;
	}
	return good && !first;
}

static bool read_chunk_size(struct span line, size_t *out)
{
	size_t size = 0, i = 0;

	for (; i < line.len && ascii_hex(line.ptr[i]) >= 0; i++) {
		size = size * 16 + (size_t)ascii_hex(line.ptr[i]);
		if (size > HTTPS_ANSWER_MAX)
			return false;
	}
	*out = size;
	return i > 0 && (i == line.len || line.ptr[i] == ';' || ascii_is_space(line.ptr[i]));
}

/* chunk-size [ chunk-ext ] CRLF chunk-data CRLF ... last-chunk; trailers mean nothing. */
static enum rc read_chunks(struct span in, struct str *out)
{
	for (;;) {
		size_t crlf = span_find_pair(in, '\r', '\n'), size;
		if (crlf == SPAN_NPOS)
			return in.len > 1000 ? RC_INVALID : RC_NOT_FOUND;
		if (!read_chunk_size(span_sub(in, 0, crlf), &size))
			return RC_INVALID;
		in = span_from(in, crlf + 2);
		if (size == 0)
			return RC_OK;
		if (in.len < size + 2)
			return RC_NOT_FOUND;
		if (in.ptr[size] != '\r' || in.ptr[size + 1] != '\n')
			return RC_INVALID;
		str_add(out, span_sub(in, 0, size));
		in = span_from(in, size + 2);
	}
}

static enum rc read_body(struct arena *a, const struct head *h, struct span in, struct span *out)
{
	struct str joined = str_in(a, HTTPS_ANSWER_MAX);

	if (h->chunked) {
		enum rc rc = h->has_length ? RC_INVALID : read_chunks(in, &joined);
		*out = str_span(&joined);
		return rc;
	}
	if (!h->has_length)
		return RC_INVALID;
	*out = span_sub(in, 0, (size_t)h->length);
	return in.len < h->length ? RC_NOT_FOUND : RC_OK;
}

enum rc http_answer_parse(struct arena *a, struct span bytes, struct http_answer *out)
{
	size_t end = span_find_span(bytes, SPAN("\r\n\r\n"));
	struct head h = { 0 };
	struct span body;

	if (end == SPAN_NPOS)
		return bytes.len >= HTTPS_ANSWER_MAX ? RC_INVALID : RC_NOT_FOUND;
	if (!read_head(span_sub(bytes, 0, end), &h))
		return RC_INVALID;
	enum rc rc = read_body(a, &h, span_from(bytes, end + 4), &body);
	if (rc == RC_OK)
		*out = (struct http_answer){ h.status, h.type, body };
	return rc;
}

/* --- the request ------------------------------------------------------------------------------ */

static enum rc fail(struct ctx *ctx, struct span *out_why, const char *why)
{
	*out_why = arena_span(ctx->arena, span_of(why));
	return RC_TEMP;
}

static enum rc read_answer(
	struct wire *w, struct ctx *ctx, struct http_answer *out, struct span *out_why)
{
	for (;;) {
		enum rc rc = http_answer_parse(ctx->arena, str_span(&w->in), out);
		if (rc == RC_INVALID)
			return fail(ctx, out_why, "the answer is malformed or too long");
		if (rc == RC_OK) {
			out->type = arena_span(ctx->arena, out->type);
			out->body = arena_span(ctx->arena, out->body);
			return RC_OK;
		}
		if (wire_fill(w, w->until_ms) != RC_OK)
			return fail(ctx, out_why, w->why);
	}
}

static enum rc ask(struct wire *w, struct ctx *ctx, const struct https_get *what,
	const struct addr *at, struct http_answer *out, struct span *out_why)
{
	struct tls_client_options tls = { .host = what->host, .verify = true };
	struct addr any = { 0 };

	if (wire_connect(w, at, &any, CONNECT_MS) != RC_OK ||
		wire_start_tls(w, &tls, HTTPS_MS) != RC_OK)
		return fail(ctx, out_why, w->why);
	str_addf(&w->out,
		"GET %s HTTP/1.1\r\nHost: " SPAN_FMT "\r\nUser-Agent: Mailstead\r\n"
		"Accept: text/plain\r\nConnection: close\r\n\r\n",
		what->path, SPAN_ARG(what->host));
	if (wire_flush(w, HTTPS_MS) != RC_OK)
		return fail(ctx, out_why, w->why);
	return read_answer(w, ctx, out, out_why);
}

enum rc https_get(struct ctx *ctx, const struct https_get *what, struct http_answer *out,
	struct span *out_why)
{
	int64_t until_ms = clock_mono_ms() + HTTPS_MS;
	struct mx_failure failure;
	struct mx_list list;
	enum rc rc = mx_resolve_host(what->resolver, ctx, what->host, what->port, &list, &failure);

	if (rc != RC_OK) {
		*out_why = failure.text;
		return RC_TEMP;
	}
	rc = RC_TEMP;
	for (size_t i = 0; i < list.len && rc != RC_OK && clock_mono_ms() < until_ms; i++) {
		struct wire w;
		wire_init(&w);
		w.until_ms = until_ms;
		w.cancelled = what->cancelled;
		w.cancelled_arg = what->cancelled_arg;
		rc = ask(&w, ctx, what, &list.items[i].addr, out, out_why);
		wire_done(&w);
	}
	return rc;
}
