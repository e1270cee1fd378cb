/*
 * The answer to a request. Handlers fill it; server.c sends it, with the security headers that
 * every answer has, compression, HEAD and conditional requests done there.
 *
 * Memory: ctx->arena; the server copies nothing, the arena lives until the last byte is sent.
 */
#pragma once

#include "backend/http/req.h"
#include "mailcore/base/str.h"

struct sse;
struct cJSON;

#define REPLY_BODY_MAX (16 * 1024 * 1024)

struct reply {
	int status;
	const char *type; /* Content-Type */
	struct str body;  /* append to it, or set by the helpers below */
	struct params headers;
	const char *csp;   /* NULL: the strict one of the server */
	const char *cache; /* Cache-Control; NULL: "no-store" */
	const char *etag;  /* quoted; GET answers 304 when If-None-Match has it */
	bool frames;       /* may be framed by ourselves: frame-ancestors and XFO left to csp */
	bool no_gzip;      /* the body is compressed already or mixes secrets and input */
	bool ready_gzip;   /* body is gzip: Content-Encoding: gzip */
	int fd;            /* -1, or a file to send (closed by the server) */
	int64_t offset, len;
	struct sse *sse; /* reply_sse */
};

/* Text to come: reply->body is appended to by the caller (templates). */
struct str *reply_begin(struct req *r, struct reply *out, int status, const char *type);
void reply_html(struct req *r, struct reply *out, int status, struct span html);
void reply_text(struct req *r, struct reply *out, int status, struct span text);
void reply_json(struct req *r, struct reply *out, int status, const struct cJSON *value);
void reply_empty(struct req *r, struct reply *out, int status); /* 204 */
/* 303; a local path or an absolute URL made by us. */
void reply_redirect(struct req *r, struct reply *out, struct span location);
/* fd is the server's from here on. */
void reply_file(
	struct req *r, struct reply *out, const char *type, int fd, int64_t offset, int64_t len);
/* Bytes in the program: gz (may be empty) is sent when the client accepts gzip. etag unquoted.
 * immutable: the name has a hash of the content in it. */
void reply_static(struct req *r, struct reply *out, const char *type, struct span bytes,
	struct span gz, const char *etag, bool immutable);
/* An attachment: Content-Disposition with a safe name (RFC 6266, RFC 8187), nosniff, sandbox. */
void reply_download(struct req *r, struct reply *out, const char *type, struct span filename,
	struct span bytes);

/* Bytes that do not fit a header (CR, LF, NUL, other controls) make it a bug of ours: abort. */
void reply_header(struct req *r, struct reply *out, const char *name, struct span value);
/* Object's version as ETag. */
void reply_etag_version(struct req *r, struct reply *out, int64_t version);

/* cookie.c: __Host- cookies, Secure, HttpOnly, SameSite=Lax, Path=/. */
#define COOKIE_PANEL   "__Host-ms_panel"
#define COOKIE_WEBMAIL "__Host-ms_mail"
#define COOKIE_PENDING "__Host-ms_code" /* password right, second factor to come */
void reply_set_cookie(struct req *r, struct reply *out, const char *name, struct span value,
	int64_t max_age_s); /* 0: until the browser closes */
void reply_clear_cookie(struct req *r, struct reply *out, const char *name);

/* Why a request was not served. The route table's refuse() makes an answer of it: a problem
 * document or a page. */
struct problem {
	int status;
	const char *code;   /* stable: "not_found", "invalid", "rate_limited" ... */
	struct span detail; /* a sentence */
	const struct field_error *errors;
	size_t n_errors;
};
/* The one translation of rc for API and pages. err may be NULL. */
struct problem problem_of(struct ctx *ctx, enum rc rc, const struct err *err);
