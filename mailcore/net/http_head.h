/*
 * A strict look at HTTP/1 requests before the HTTP library, which is lenient, sees them.
 *
 * Two programs that disagree on where a request ends let one client's bytes become another's
 * request. So everything that is read in more than one way is refused: bare CR or LF, NUL,
 * folded lines, space before the colon, two Hosts, two lengths, length and chunks together,
 * encodings other than "chunked", chunk extensions and trailers.
 *
 * Pure. Limits: a head of 32 KiB, 200 fields, a method of 32 letters. RFC 9112.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mailcore/base/span.h"

#define HTTP_HEAD_MAX   (32 * 1024)
#define HTTP_FIELDS_MAX 200

enum http_result {
	HTTP_WAIT, /* not complete: read on */
	HTTP_OK,
	HTTP_BAD,
	HTTP_TOO_LARGE,
};

struct http_head {
	size_t len;      /* with the empty line */
	uint64_t length; /* of the body, when it is not chunked */
	bool chunked;
};

/* *scanned: how much of `in` earlier calls for this head have looked at. */
enum http_result http_head_check(struct span in, size_t *scanned, struct http_head *out);

/* Where one is in a body. */
struct http_body {
	uint8_t state;
	uint8_t digits;
	uint64_t left;
};

void http_body_begin(struct http_body *b, const struct http_head *head);
/* How much of `in` belongs to the body goes to *used. HTTP_OK: the body has ended there. */
enum http_result http_body_take(struct http_body *b, struct span in, size_t *used);
