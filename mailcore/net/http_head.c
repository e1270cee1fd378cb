/* The strict look at HTTP/1 requests: heads and the framing of bodies. */
#include "mailcore/net/http_head.h"

#include <string.h>

#include "mailcore/base/cur.h"

#define METHOD_MAX    32
#define LENGTH_MAX    (UINT64_C(1) << 53)
#define CHUNK_MAX_HEX 8

/* --- heads ------------------------------------------------------------------------------------ */

/* RFC 9110 5.6.2: tchar */
static bool is_token(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_visible(char c)
{
	return c > ' ' && c < 0x7F;
}

/* Text of a field: visible, blank, or 8-bit. */
static bool is_text(char c)
{
	unsigned char u = (unsigned char)c;
	return u == '\t' || (u >= ' ' && u != 0x7F);
}

/* request-line = method SP request-target SP "HTTP/1." ( "0" / "1" ) */
static bool parse_request_line(struct span line, bool *out_1_1)
{
	struct cur in = cur_of(line);
	struct span method = cur_take_while(&in, is_token);

	if (method.len == 0 || method.len > METHOD_MAX || span_eq(method, SPAN("CONNECT")) ||
		!cur_take(&in, ' '))
		return false;
	struct span target = cur_take_while(&in, is_visible);
	if (target.len == 0 || !cur_take(&in, ' '))
		return false;
	*out_1_1 = span_eq(cur_rest(&in), SPAN("HTTP/1.1"));
	return *out_1_1 || span_eq(cur_rest(&in), SPAN("HTTP/1.0"));
}

struct seen {
	unsigned hosts, lengths, encodings;
	uint64_t length;
};

/* field-line = field-name ":" OWS field-value OWS */
static bool parse_field(struct span line, struct seen *seen)
{
	struct cur in = cur_of(line);
	struct span name = cur_take_while(&in, is_token);

	if (name.len == 0 || !cur_take(&in, ':'))
		return false;
	struct span value = cur_take_while(&in, is_text);
	if (!cur_done(&in))
		return false;
	value = span_trim(value);
	if (span_ieq(name, SPAN("Host"))) {
		seen->hosts++;
	} else if (span_ieq(name, SPAN("Content-Length"))) {
		seen->lengths++;
		return span_u64(value, LENGTH_MAX, &seen->length);
	} else if (span_ieq(name, SPAN("Transfer-Encoding"))) {
		seen->encodings++;
		return span_ieq(value, SPAN("chunked"));
	}
	return true;
}

static bool take_line(struct span *head, struct span *out)
{
	size_t end = span_find_span(*head, SPAN("\r\n"));

	if (end == SPAN_NPOS)
		return false;
	*out = span_sub(*head, 0, end);
	*head = span_from(*head, end + 2);
	return true;
}

static bool parse_head(struct span head, struct http_head *out)
{
	struct seen seen = { 0 };
	struct span line;
	bool is_1_1;

	if (!take_line(&head, &line) || !parse_request_line(line, &is_1_1))
		return false;
	for (unsigned fields = 0; take_line(&head, &line) && line.len > 0; fields++) {
		if (fields == HTTP_FIELDS_MAX || !parse_field(line, &seen))
			return false;
	}
	if (seen.hosts > 1 || (is_1_1 && seen.hosts == 0) || seen.lengths + seen.encodings > 1 ||
		(!is_1_1 && seen.encodings > 0))
		return false;
	out->length = seen.length;
	out->chunked = seen.encodings == 1;
	return true;
}

/* A bare LF at once, so that a client that will never send CRLF is not waited for. */
static bool has_bare_lf(struct span in, size_t from)
{
	for (size_t at = from; at < in.len; at++) {
		if (in.ptr[at] == '\n' && (at == 0 || in.ptr[at - 1] != '\r'))
			return true;
	}
	return false;
}

enum http_result http_head_check(struct span in, size_t *scanned, struct http_head *out)
{
	struct http_head head = { 0 };
	struct span window = span_sub(in, 0, HTTP_HEAD_MAX);
	/* The empty line may have begun in what was looked at. */
	size_t from = *scanned > 3 ? *scanned - 3 : 0;
	size_t end = span_find_span(span_from(window, from), SPAN("\r\n\r\n"));

	if (end == SPAN_NPOS) {
		if (has_bare_lf(window, *scanned))
			return HTTP_BAD;
		*scanned = window.len;
		return window.len == HTTP_HEAD_MAX ? HTTP_TOO_LARGE : HTTP_WAIT;
	}
	head.len = from + end + 4;
	if (!parse_head(span_sub(in, 0, head.len), &head))
		return HTTP_BAD;
	*out = head;
	return HTTP_OK;
}

/* --- bodies ----------------------------------------------------------------------------------- */

enum state {
	COUNTED,    /* left bytes, then the end */
	CHUNK_SIZE, /* digits of it were read */
	CHUNK_LF,   /* of the size line */
	CHUNK_DATA,
	DATA_CR,
	DATA_LF,
	LAST_LF, /* of the line "0" */
	END_CR,
	END_LF,
};

void http_body_begin(struct http_body *b, const struct http_head *head)
{
	*b = (struct http_body){ .state = head->chunked ? CHUNK_SIZE : COUNTED,
		.left = head->chunked ? 0 : head->length };
}

static bool take_digit(struct http_body *b, char c)
{
	int digit = ascii_hex(c);

	if (digit < 0 || b->digits == CHUNK_MAX_HEX)
		return false;
	b->digits++;
	b->left = b->left * 16 + (unsigned)digit;
	return true;
}

static bool expect(struct http_body *b, char c, char wanted, enum state next)
{
	b->state = (uint8_t)next;
	return c == wanted;
}

/* One byte of the lines around chunks. */
static bool take_framing(struct http_body *b, char c)
{
	switch ((enum state)b->state) {
	case CHUNK_SIZE:
		if (c != '\r' || b->digits == 0)
			return take_digit(b, c);
		b->digits = 0;
		b->state = b->left ? CHUNK_LF : LAST_LF;
		return true;
	case CHUNK_LF:
		return expect(b, c, '\n', CHUNK_DATA);
	case DATA_CR:
		return expect(b, c, '\r', DATA_LF);
	case DATA_LF:
		return expect(b, c, '\n', CHUNK_SIZE);
	case LAST_LF:
		return expect(b, c, '\n', END_CR);
	case END_CR:
		return expect(b, c, '\r', END_LF);
	case END_LF:
		return expect(b, c, '\n', COUNTED);
	case COUNTED:
	case CHUNK_DATA:
		break;
	}
	return false;
}

enum http_result http_body_take(struct http_body *b, struct span in, size_t *used)
{
	size_t at = 0;

	while (b->state != COUNTED || b->left > 0) {
		if (at == in.len) {
			*used = at;
			return HTTP_WAIT;
		}
		if (b->state == COUNTED || b->state == CHUNK_DATA) {
			size_t n = in.len - at < b->left ? in.len - at : (size_t)b->left;
			at += n;
			b->left -= n;
			if (b->state == CHUNK_DATA && b->left == 0)
				b->state = DATA_CR;
		} else if (!take_framing(b, in.ptr[at++])) {
			return HTTP_BAD;
		}
	}
	*used = at;
	return HTTP_OK;
}
