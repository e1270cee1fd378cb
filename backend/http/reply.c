/* Answers: the ways a handler makes one. */
#include "backend/http/reply.h"

#include "mailcore/base/json.h"

#define HEADERS_MAX 24

/* The mail body's and the attachment's rule: nothing runs, nothing loads. */
#define CSP_SANDBOX "sandbox; default-src 'none'; frame-ancestors 'none'"

struct str *reply_begin(struct req *r, struct reply *out, int status, const char *type)
{
	out->status = status;
	out->type = type;
	out->body = str_in(r->ctx->arena, REPLY_BODY_MAX);
	return &out->body;
}

static void reply_bytes(
	struct req *r, struct reply *out, int status, const char *type, struct span bytes)
{
	(void)reply_begin(r, out, status, type);      /* the body is set, not appended */
	out->body.ptr = (char *)(uintptr_t)bytes.ptr; /* borrowed; only read from here on */
	out->body.len = out->body.cap = out->body.max = bytes.len;
}

void reply_html(struct req *r, struct reply *out, int status, struct span html)
{
	reply_bytes(r, out, status, "text/html; charset=utf-8", html);
}

void reply_text(struct req *r, struct reply *out, int status, struct span text)
{
	reply_bytes(r, out, status, "text/plain; charset=utf-8", text);
}

void reply_json(struct req *r, struct reply *out, int status, const struct cJSON *value)
{
	struct str *body = reply_begin(r, out, status, "application/json");

	json_write(r->ctx->arena, value, body);
	str_add_c(body, '\n');
}

void reply_empty(struct req *r, struct reply *out, int status)
{
	(void)reply_begin(r, out, status, NULL); /* nothing follows */
}

void reply_redirect(struct req *r, struct reply *out, struct span location)
{
	reply_empty(r, out, 303);
	reply_header(r, out, "Location", location);
}

void reply_file(
	struct req *r, struct reply *out, const char *type, int fd, int64_t offset, int64_t len)
{
	reply_empty(r, out, 200);
	out->type = type;
	out->fd = fd;
	out->offset = offset;
	out->len = len;
}

void reply_static(struct req *r, struct reply *out, const char *type, struct span bytes,
	struct span gz, const char *etag, bool immutable)
{
	bool use_gz = gz.len > 0 && req_accepts_gzip(r);

	reply_bytes(r, out, 200, type, use_gz ? gz : bytes);
	out->ready_gzip = use_gz;
	out->no_gzip = true;
	out->cache = immutable ? "public, max-age=31536000, immutable" : "public, max-age=300";
	if (etag)
		out->etag = arena_printf(r->ctx->arena, "\"%s%s\"", etag, use_gz ? "-gz" : "").ptr;
	if (gz.len > 0)
		reply_header(r, out, "Vary", SPAN("Accept-Encoding"));
}

static bool is_token_char(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '.' || c == '-' || c == '_' ||
		c == ' ';
}

/* filename="ascii fallback"; filename*=UTF-8''percent-encoded */
static struct span disposition(struct arena *a, struct span filename)
{
	struct str out = str_in(a, 2000);

	filename = span_sub(filename, 0, 200);
	str_add_cstr(&out, "attachment; filename=\"");
	for (size_t i = 0; i < filename.len; i++)
		str_add_c(&out, is_token_char(filename.ptr[i]) ? filename.ptr[i] : '_');
	str_add_cstr(&out, "\"; filename*=UTF-8''");
	percent_encode(&out, filename);
	return str_span(&out);
}

void reply_download(
	struct req *r, struct reply *out, const char *type, struct span filename, struct span bytes)
{
	reply_bytes(r, out, 200, type, bytes);
	out->csp = CSP_SANDBOX;
	reply_header(r, out, "Content-Disposition", disposition(r->ctx->arena, filename));
}

static bool fits_header(struct span value)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.ptr[i];
		if ((c < 0x20 && c != '\t') || c == 0x7F)
			return false;
	}
	return true;
}

void reply_header(struct req *r, struct reply *out, const char *name, struct span value)
{
	ASSERT(fits_header(value));
	if (!out->headers.items)
		out->headers.items =
			arena_array(r->ctx->arena, HEADERS_MAX, sizeof *out->headers.items);
	ASSERT(out->headers.len < HEADERS_MAX);
	out->headers.items[out->headers.len++] =
		(struct param){ span_of(name), span_of(arena_cstr(r->ctx->arena, value)) };
}

void reply_etag_version(struct req *r, struct reply *out, int64_t version)
{
	out->etag = arena_printf(r->ctx->arena, "\"v%lld\"", (long long)version).ptr;
}

void reply_set_cookie(
	struct req *r, struct reply *out, const char *name, struct span value, int64_t max_age_s)
{
	struct str text = str_in(r->ctx->arena, 4096);

	str_addf(&text, "%s=" SPAN_FMT "; Path=/; Secure; HttpOnly; SameSite=Lax", name,
		SPAN_ARG(value));
	if (max_age_s > 0)
		str_addf(&text, "; Max-Age=%lld", (long long)max_age_s);
	reply_header(r, out, "Set-Cookie", str_span(&text));
}

void reply_clear_cookie(struct req *r, struct reply *out, const char *name)
{
	reply_header(r, out, "Set-Cookie",
		arena_printf(r->ctx->arena,
			"%s=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0", name));
}
