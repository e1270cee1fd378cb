/* quoted-printable. */
#include "mailcore/mime/qp.h"

#include <string.h>

#define QP_LINE_MAX 76

/* The text of the line without white space at its end; *rest starts behind the line end. */
static struct span cut_line(struct span *rest, bool *out_ended)
{
	size_t lf = span_find(*rest, '\n');
	struct span line = span_sub(*rest, 0, lf);

	*out_ended = lf != SPAN_NPOS;
	*rest = *out_ended ? span_from(*rest, lf + 1) : span_from(*rest, rest->len);
	while (line.len > 0 &&
		(ascii_is_space(line.ptr[line.len - 1]) || line.ptr[line.len - 1] == '\r'))
		line.len--;
	return line;
}

static void decode_line(struct span line, struct str *out)
{
	size_t from = 0;

	for (size_t i = 0; i + 2 < line.len; i++) {
		if (line.ptr[i] != '=')
			continue;
		int high = ascii_hex(line.ptr[i + 1]);
		int low = ascii_hex(line.ptr[i + 2]);
		if (high < 0 || low < 0)
			continue;
		str_add(out, span_make(line.ptr + from, i - from));
		str_add_c(out, (char)(high << 4 | low));
		i += 2;
		from = i + 1;
	}
	str_add(out, span_from(line, from));
}

void qp_decode(struct span text, struct str *out)
{
	while (text.len > 0) {
		const char *start = text.ptr;
		bool ended;
		struct span line = cut_line(&text, &ended);
		bool soft = span_ends(line, SPAN("="));

		if (soft)
			line.len--;
		decode_line(line, out);
		if (ended && !soft) {
			bool crlf = text.ptr - start >= 2 && text.ptr[-2] == '\r';
			str_add(out, crlf ? SPAN("\r\n") : SPAN("\n"));
		}
	}
}

static void add_hex(struct str *out, unsigned char c)
{
	static const char digits[] = "0123456789ABCDEF";
	char text[3] = { '=', digits[c >> 4], digits[c & 15] };
	str_add(out, span_make(text, sizeof text));
}

/* Does the byte need =XX? */
static bool must_encode(struct span line, size_t i, size_t column, bool dashes)
{
	unsigned char c = (unsigned char)line.ptr[i];

	if (c == ' ' || c == '\t')
		return i + 1 == line.len;
	if (c < 33 || c > 126 || c == '=')
		return true;
	if (column > 0)
		return false;
	return c == '.' || span_starts(span_from(line, i), SPAN("From ")) ||
		(dashes && span_starts(span_from(line, i), SPAN("--")));
}

/* dashes: two of them must not begin a line, where they might be a delimiter. */
static void encode_line(struct str *out, struct span line, bool dashes)
{
	size_t column = 0;

	for (size_t i = 0; i < line.len; i++) {
		bool hex = must_encode(line, i, column, dashes);
		size_t width = hex ? 3 : 1;
		if (column + width > QP_LINE_MAX - 1) {
			str_add(out, SPAN("=\r\n"));
			column = 0;
			hex = must_encode(line, i, column, dashes);
			width = hex ? 3 : 1;
		}
		if (hex)
			add_hex(out, (unsigned char)line.ptr[i]);
		else
			str_add_c(out, line.ptr[i]);
		column += width;
	}
}

void qp_add(struct str *out, struct span text)
{
	while (text.len > 0) {
		size_t lf = span_find(text, '\n');
		struct span line = span_sub(text, 0, lf);

		text = lf == SPAN_NPOS ? span_from(text, text.len) : span_from(text, lf + 1);
		if (lf != SPAN_NPOS && span_ends(line, SPAN("\r")))
			line.len--;
		encode_line(out, line, false);
		if (lf != SPAN_NPOS)
			str_add(out, SPAN("\r\n"));
	}
}

void qp_add_bytes(struct str *out, struct span bytes)
{
	while (bytes.len > 0) {
		size_t crlf = span_find_pair(bytes, '\r', '\n');

		encode_line(out, span_sub(bytes, 0, crlf), true);
		if (crlf == SPAN_NPOS)
			return;
		str_add(out, SPAN("\r\n"));
		bytes = span_from(bytes, crlf + 2);
	}
}
