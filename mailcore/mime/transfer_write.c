/* The forms of transfer.c, each written piece by piece. */
#include "mailcore/base/utf8.h"
#include "mailcore/mime/build.h"
#include "mailcore/mime/qp.h"
#include "mailcore/mime/transfer_impl.h"

#define SLICE       ((size_t)57 * 256) /* of input; every form of it fits into a piece */
#define WINDOW      4096               /* looked at for the end of a line */
#define ENCODED_MAX 76

/* --- lines as they are, cut where they are too long ------------------------------------------- */

/* The line that begins there, or as much of it as we look at. */
static struct span line_at(struct span bytes, size_t at)
{
	struct span window = span_sub(bytes, at, WINDOW);
	size_t lf = span_find(window, '\n');

	return span_sub(window, 0, lf == SPAN_NPOS ? lf : lf + 1);
}

static size_t text_len(struct span line)
{
	if (!span_ends(line, SPAN("\n")))
		return line.len;
	return line.len - 1 - span_ends(line, SPAN("\r\n"));
}

/* Where a header line can be folded: before white space that has text on both sides. 0: nowhere. */
static size_t fold_place(struct span text, size_t max)
{
	for (size_t i = max; i > 1; i--) {
		if (ascii_is_space(text.ptr[i]) && !ascii_is_space(text.ptr[i - 1]) &&
			i + 1 < text.len && !ascii_is_space(text.ptr[i + 1]))
			return i;
	}
	return 0;
}

/* `len` bytes of the line have been written. */
static void pass(struct transfer_place *place, struct span line, size_t len)
{
	place->at += len;
	place->column = 0;
	place->in_line = len < line.len || !span_ends(line, SPAN("\n"));
}

/* The next line, or as much of it as a line may hold. A Content- field cannot have a space put in: it
 * may be in the name of a boundary. */
static void write_header_line(struct transfer_place *place, struct span line, struct str *out)
{
	struct span text = span_sub(line, 0, text_len(line));
	size_t max = TRANSFER_LINE_MAX - place->column;

	if (!place->in_line && text.len > 0 && !ascii_is_space(text.ptr[0]))
		place->is_content = span_istarts(text, SPAN("Content-"));
	size_t fold = text.len > max ? fold_place(text, max) : 0;
	if (text.len <= max || (fold == 0 && place->is_content)) {
		str_add(out, line);
		pass(place, line, line.len);
		return;
	}
	size_t cut = fold > 0 ? fold : utf8_floor(text.ptr, max);
	str_add(out, span_sub(line, 0, cut));
	str_add(out, fold > 0 ? SPAN("\r\n") : SPAN("\r\n "));
	pass(place, line, cut);
	place->column = fold == 0;
}

static char plain_char(char c)
{
	return (unsigned char)c > 127 || c == '\0' ? '?' : c;
}

static void write_filler_line(struct transfer_place *place, struct span line, struct str *out)
{
	size_t len = text_len(line), max = TRANSFER_LINE_MAX - place->column;

	if (!place->in_line && span_starts(line, SPAN("--"))) { /* a delimiter */
		str_add(out, line);
		pass(place, line, line.len);
		return;
	}
	bool cut = len > max;
	len = cut ? max : line.len;
	for (size_t i = 0; i < len; i++)
		str_add_c(out, plain_char(line.ptr[i]));
	pass(place, line, len);
	if (cut)
		str_add(out, SPAN("\r\n "));
	place->column = cut;
}

/* --- encoded anew ----------------------------------------------------------------------------- */

/* The next stretch of the input; a CRLF is not torn. */
static struct span slice_at(struct span bytes, size_t at)
{
	struct span slice = span_sub(bytes, at, SLICE);

	if (at + slice.len < bytes.len && slice.ptr[slice.len - 1] == '\r')
		slice.len--;
	return slice;
}

static void write_qp(struct span bytes, struct transfer_place *place, struct str *out)
{
	struct span slice = slice_at(bytes, place->at);

	place->at += slice.len;
	qp_add_bytes(out, slice);
	if (place->at < bytes.len && !span_ends(slice, SPAN("\r\n")))
		str_add(out, SPAN("=\r\n"));
}

static void write_base64(struct span bytes, struct transfer_place *place, struct str *out)
{
	struct span slice = span_sub(bytes, place->at, SLICE);

	place->at += slice.len;
	base64_lines_add(out, slice);
	if (place->at == bytes.len && str_ok(out))
		out->len -= 2; /* the line end before the delimiter is the delimiter's */
}

/* --- base64 with lines as they should be ------------------------------------------------------ */

static bool is_base64_digit(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '+' || c == '/';
}

static void add_base64_char(struct transfer_place *place, char c, struct str *out)
{
	if (place->column == ENCODED_MAX) {
		str_add(out, SPAN("\r\n"));
		place->column = 0;
	}
	str_add_c(out, c);
	place->column++;
}

/* What is no digit means nothing; padding ends it (base64_decode_lenient). */
static void write_base64_again(struct span bytes, struct transfer_place *place, struct str *out)
{
	struct span slice = span_sub(bytes, place->at, SLICE);

	place->at += slice.len;
	for (size_t i = 0; i < slice.len; i++) {
		char c = slice.ptr[i];
		if (is_base64_digit(c)) {
			add_base64_char(place, c, out);
			place->digits++;
		} else if (c == '=') {
			for (; place->digits % 4 != 0; place->digits++)
				add_base64_char(place, '=', out);
			place->at = bytes.len;
			return;
		}
	}
}

/* --- quoted-printable with lines as they should be -------------------------------------------- */

/* Is what begins at `at` white space (or CR) until the end of the line? *out_end: behind it. */
static bool ends_line(struct span bytes, size_t at, size_t *out_end)
{
	while (at < bytes.len && (ascii_is_space(bytes.ptr[at]) || bytes.ptr[at] == '\r'))
		at++;
	*out_end = at;
	return at == bytes.len || bytes.ptr[at] == '\n';
}

/* One byte of content. */
static void add_qp_byte(
	struct transfer_place *place, unsigned char c, bool must_encode, struct str *out)
{
	bool start = place->column == 0;
	bool hex = must_encode || c > 126 || (c < ' ' && c != '\t') || c == '=' ||
		(start && (c == '.' || c == '-' || c == 'F')); /* "From ", delimiters */
	size_t width = hex ? 3 : 1;

	if (place->column + width > ENCODED_MAX - 1) {
		str_add(out, SPAN("=\r\n"));
		place->column = 0;
		add_qp_byte(place, c, must_encode, out); /* once: now it fits */
		return;
	}
	if (hex)
		str_addf(out, "=%02X", c);
	else
		str_add_c(out, (char)c);
	place->column += width;
}

static void end_qp_line(struct transfer_place *place, const char *end, struct str *out)
{
	str_add_cstr(out, end);
	place->column = 0;
}

/* A bare LF is content. */
static size_t write_line_end(
	struct span bytes, size_t at, struct transfer_place *place, struct str *out)
{
	bool crlf = at > 0 && bytes.ptr[at - 1] == '\r';

	if (!crlf)
		add_qp_byte(place, '\n', true, out);
	end_qp_line(place, crlf ? "\r\n" : "=\r\n", out);
	return at + 1;
}

/* An equals sign: a byte, the end of a line that goes on, or itself (qp_decode). */
static size_t write_equals(
	struct span bytes, size_t at, struct transfer_place *place, struct str *out)
{
	size_t end;

	if (at + 2 < bytes.len && ascii_hex(bytes.ptr[at + 1]) >= 0 &&
		ascii_hex(bytes.ptr[at + 2]) >= 0) {
		int c = ascii_hex(bytes.ptr[at + 1]) << 4 | ascii_hex(bytes.ptr[at + 2]);
		add_qp_byte(place, (unsigned char)c, true, out);
		return at + 3;
	}
	if (ends_line(bytes, at + 1, &end)) {
		end_qp_line(place, end < bytes.len ? "=\r\n" : "=", out);
		return end < bytes.len ? end + 1 : end;
	}
	add_qp_byte(place, '=', true, out);
	return at + 1;
}

/* A run of white space: kept within a line, dropped at its end. */
static size_t write_space(
	struct span bytes, size_t at, struct transfer_place *place, struct str *out)
{
	size_t end;

	if (at >= place->kept_to) {
		if (ends_line(bytes, at, &end))
			return end;
		place->kept_to = end;
	}
	add_qp_byte(place, (unsigned char)bytes.ptr[at], false, out);
	return at + 1;
}

static void write_qp_again(struct span bytes, struct transfer_place *place, struct str *out)
{
	size_t at = place->at;

	while (at < bytes.len && out->len < TRANSFER_PIECE_MAX / 2) {
		char c = bytes.ptr[at];
		if (c == '=') {
			at = write_equals(bytes, at, place, out);
		} else if (c == '\n') {
			at = write_line_end(bytes, at, place, out);
		} else if (ascii_is_space(c) || c == '\r') {
			at = write_space(bytes, at, place, out);
		} else {
			add_qp_byte(place, (unsigned char)c, false, out);
			at++;
		}
	}
	place->at = at;
}

/* ---------------------------------------------------------------------------------------------- */

void transfer_write(const struct transfer_segment *s, struct transfer_place *place, struct str *out)
{
	switch (s->form) {
	case FORM_AS_IS: /* needs no writing */
		place->at = s->bytes.len;
		return;
	case FORM_HEADER:
		while (place->at < s->bytes.len && out->len < TRANSFER_PIECE_MAX / 2)
			write_header_line(place, line_at(s->bytes, place->at), out);
		return;
	case FORM_FILLER:
		while (place->at < s->bytes.len && out->len < TRANSFER_PIECE_MAX / 2)
			write_filler_line(place, line_at(s->bytes, place->at), out);
		return;
	case FORM_QP:
		write_qp(s->bytes, place, out);
		return;
	case FORM_BASE64:
		write_base64(s->bytes, place, out);
		return;
	case FORM_QP_AGAIN:
		write_qp_again(s->bytes, place, out);
		return;
	case FORM_BASE64_AGAIN:
		write_base64_again(s->bytes, place, out);
		return;
	}
}
