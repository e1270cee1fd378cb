/* The last touch of every answer. */
#include "backend/http/finish.h"

#include <zlib.h>

#include "backend/http/router.h"

#define GZIP_MIN_BYTES 1024
#define GZIP_LEVEL     4

/* No inline script or style anywhere. */
#define CSP_APP                                                                                    \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "          \
	"font-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; "              \
	"base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "            \
	"trusted-types ph"

/* ------------------------------------------------------------------------ If-None-Match */

static bool has_etag(struct span header, struct span etag)
{
	struct span part;

	while (header.len > 0 && span_split(&header, ',', &part)) {
		part = span_trim(part);
		if (span_starts(part, SPAN("W/")))
			part = span_from(part, 2);
		if (span_eq(part, etag) || span_eq(part, SPAN("*")))
			return true;
	}
	return false;
}

static void answer_conditional(struct req *r, struct reply *out)
{
	if (out->status != 200 || !out->etag || r->method != METHOD_GET)
		return;
	if (!has_etag(req_header(r, "If-None-Match"), span_of(out->etag)))
		return;
	out->status = 304;
	out->body.len = 0;
	out->ready_gzip = false;
}

/* ------------------------------------------------------------------------ gzip */

static bool is_text(const char *type)
{
	struct span t = span_of(type);
	return span_starts(t, SPAN("text/")) || span_starts(t, SPAN("application/json")) ||
		span_starts(t, SPAN("application/problem+json")) ||
		span_starts(t, SPAN("application/javascript")) ||
		span_starts(t, SPAN("image/svg+xml"));
}

static void *zlib_alloc(void *arena, unsigned items, unsigned size)
{
	return arena_array(arena, items, size);
}

static void zlib_free(void *arena, void *ptr)
{
	(void)arena;
	(void)ptr; /* dies with the step */
}

static bool compress_body(struct arena *a, struct span in, struct span *out)
{
	z_stream z = { .zalloc = zlib_alloc, .zfree = zlib_free, .opaque = a };

	if (deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	size_t room = in.len; /* larger than that is not worth it */
	char *buffer = arena_alloc(a, room);
	z.next_in = (Bytef *)(uintptr_t)in.ptr; /* zlib does not write there */
	z.avail_in = (uInt)in.len;
	z.next_out = (Bytef *)buffer;
	z.avail_out = (uInt)room;
	int rc = deflate(&z, Z_FINISH);
	*out = span_make(buffer, room - z.avail_out);
	(void)deflateEnd(&z); /* frees nothing: the arena's */
	return rc == Z_STREAM_END;
}

static void pack_body(struct req *r, struct reply *out)
{
	struct span packed;

	if (out->ready_gzip)
		reply_header(r, out, "Content-Encoding", SPAN("gzip"));
	if (out->no_gzip || out->sse || out->fd >= 0 || !out->type || !is_text(out->type) ||
		out->body.len < GZIP_MIN_BYTES)
		return;
	reply_header(r, out, "Vary", SPAN("Accept-Encoding, X-Frag"));
	if (!req_accepts_gzip(r))
		return;
	if (!compress_body(r->ctx->arena, str_span(&out->body), &packed))
		return;
	out->body.ptr = (char *)(uintptr_t)packed.ptr;
	out->body.len = out->body.cap = packed.len;
	reply_header(r, out, "Content-Encoding", SPAN("gzip"));
	if (out->etag) /* another representation: weak */
		out->etag = arena_printf(r->ctx->arena, "W/%s", out->etag).ptr;
}

/* ------------------------------------------------------------------------ headers */

static void add_headers(struct req *r, struct reply *out)
{
	const char *csp = out->csp ? out->csp : CSP_APP;

	reply_header(r, out, "Content-Security-Policy", span_of(csp));
	reply_header(r, out, "X-Content-Type-Options", SPAN("nosniff"));
	/* Not no-referrer: with it browsers send "Origin: null" with our own forms. */
	unsigned flags = r->route ? r->route->flags : 0;
	reply_header(r, out, "Referrer-Policy",
		flags & ROUTE_NO_REFERRER ? SPAN("no-referrer") : SPAN("same-origin"));
	if (flags & ROUTE_NO_INDEX)
		reply_header(r, out, "X-Robots-Tag", SPAN("noindex, nofollow, noarchive"));
	reply_header(r, out, "Cross-Origin-Opener-Policy", SPAN("same-origin"));
	reply_header(r, out, "Cross-Origin-Resource-Policy", SPAN("same-origin"));
	reply_header(r, out, "Permissions-Policy",
		SPAN("camera=(), geolocation=(), microphone=(), payment=(), usb=()"));
	if (!out->frames)
		reply_header(r, out, "X-Frame-Options", SPAN("DENY"));
	if (r->is_tls)
		reply_header(r, out, "Strict-Transport-Security", SPAN("max-age=31536000"));
	reply_header(r, out, "Cache-Control", span_of(out->cache ? out->cache : "no-store"));
	reply_header(r, out, "X-Request-Id", span_of(r->id));
	if (out->type && out->status != 304)
		reply_header(r, out, "Content-Type", span_of(out->type));
	if (out->etag)
		reply_header(r, out, "ETag", span_of(out->etag));
}

void reply_finish(struct req *r, struct reply *out)
{
	answer_conditional(r, out);
	pack_body(r, out);
	add_headers(r, out);
}
