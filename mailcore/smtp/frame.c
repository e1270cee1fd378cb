/* Cuts the input of an SMTP session into frames. */
#include "mailcore/smtp/frame.h"

#include <string.h>

#include "mailcore/smtp/smtp.h"

void smtp_framer_expect(struct smtp_framer *f, enum smtp_input input)
{
	f->input = input;
	/* DATA begins at the start of a line: a dot alone there is already the end. */
	memcpy(f->tail, "\0\0\r\n", sizeof f->tail);
}

/* RFC 4954 §4 gives AUTH a longer line than the others. */
static size_t line_max(const struct smtp_framer *f, struct span line)
{
	bool is_auth = f->input == INPUT_AUTH_LINE || span_istarts(line, SPAN("AUTH "));
	return is_auth ? SMTP_AUTH_LINE_MAX : SMTP_LINE_MAX;
}

bool smtp_line_is_whole(const struct smtp_framer *f, struct span frame)
{
	return span_ends(frame, SPAN("\n")) && frame.len <= line_max(f, frame);
}

static enum frame cut_line(
	const struct smtp_framer *f, struct span in, size_t *scanned, size_t *out_len)
{
	struct span fresh = span_from(in, *scanned);
	size_t end = span_find(fresh, '\n');

	if (end != SPAN_NPOS) {
		*out_len = *scanned + end + 1;
		return FRAME_READY;
	}
	*scanned = in.len;
	/* "AUTH" may still be incomplete, but then the line is short. */
	if (in.len <= line_max(f, in))
		return FRAME_WAIT;
	*out_len = in.len;
	return FRAME_READY;
}

/* Byte i of the input, or of what came before it for negative i. */
static char byte_at(const struct smtp_framer *f, struct span in, ptrdiff_t i)
{
	return i >= 0 ? in.ptr[i] : f->tail[(ptrdiff_t)sizeof f->tail + i];
}

/* Is the LF at `lf` the last byte of CRLF.CRLF? */
static bool is_end_of_data(const struct smtp_framer *f, struct span in, size_t lf)
{
	static const char before[4] = { '\r', '\n', '.', '\r' };

	for (ptrdiff_t i = 0; i < (ptrdiff_t)sizeof before; i++) {
		if (byte_at(f, in, (ptrdiff_t)lf - (ptrdiff_t)sizeof before + i) != before[i])
			return false;
	}
	return true;
}

static void keep_tail(struct smtp_framer *f, struct span frame)
{
	char tail[sizeof f->tail];

	for (size_t i = 0; i < sizeof tail; i++)
		tail[i] = byte_at(
			f, frame, (ptrdiff_t)frame.len - (ptrdiff_t)sizeof tail + (ptrdiff_t)i);
	memcpy(f->tail, tail, sizeof tail);
}

static enum frame cut_data(struct smtp_framer *f, struct span in, size_t *scanned, size_t *out_len)
{
	const char *p = in.ptr + *scanned, *end = in.ptr + in.len;

	while (p < end) {
		p = memchr(p, '\n', (size_t)(end - p));
		if (!p)
			break;
		size_t lf = (size_t)(p++ - in.ptr);
		if (is_end_of_data(f, in, lf)) {
			*out_len = lf + 1;
			return FRAME_READY;
		}
	}
	*scanned = in.len;
	if (in.len < SMTP_FRAME_MAX)
		return FRAME_WAIT;
	keep_tail(f, in);
	*out_len = in.len;
	return FRAME_READY;
}

static enum frame cut_chunk(
	const struct smtp_framer *f, struct span in, size_t *scanned, size_t *out_len)
{
	*scanned = in.len;
	if (in.len < f->chunk_left && in.len < SMTP_FRAME_MAX)
		return FRAME_WAIT;
	*out_len = f->chunk_left < in.len ? (size_t)f->chunk_left : in.len;
	return FRAME_READY;
}

enum frame smtp_framer_cut(struct smtp_framer *f, struct span in, size_t *scanned, size_t *out_len)
{
	if (in.len == 0)
		return FRAME_WAIT;
	switch (f->input) {
	case INPUT_LINE:
	case INPUT_AUTH_LINE:
		return cut_line(f, in, scanned, out_len);
	case INPUT_DATA:
		return cut_data(f, in, scanned, out_len);
	case INPUT_CHUNK:
		break;
	}
	return cut_chunk(f, in, scanned, out_len);
}
