/* POP3 lines and arguments. */
#include "mailcore/pop3/parse.h"

#include "mailcore/base/utf8.h"
#include "mailcore/directory/sasl.h"

enum frame pop3_line_cut(struct span in, size_t max, size_t *scanned, size_t *out_len)
{
	size_t end = span_find(span_from(in, *scanned), '\n');

	if (end != SPAN_NPOS) {
		*out_len = *scanned + end + 1;
		return FRAME_READY;
	}
	*scanned = in.len;
	if (in.len <= max)
		return FRAME_WAIT;
	*out_len = in.len;
	return FRAME_READY;
}

bool pop3_line_parse(struct span frame, struct span *out_verb, struct span *out_arg)
{
	if (span_ends(frame, SPAN("\n")))
		frame.len--;
	if (span_ends(frame, SPAN("\r")))
		frame.len--;
	for (size_t i = 0; i < frame.len; i++) {
		char c = frame.ptr[i];
		if (c == '\0' || c == '\r' || c == '\n')
			return false;
	}
	size_t space = span_find(frame, ' ');
	*out_verb = span_sub(frame, 0, space);
	*out_arg = space == SPAN_NPOS ? SPAN("") : span_from(frame, space + 1);
	return true;
}

bool pop3_number_parse(struct span text, size_t max, size_t *out)
{
	uint64_t n;

	if (text.len > 10 || !span_u64(text, max, &n) || n == 0)
		return false;
	*out = (size_t)n;
	return true;
}

bool pop3_top_parse(struct span arg, size_t max, size_t *out_number, size_t *out_lines)
{
	struct span rest = arg, number, lines;
	uint64_t n;

	if (!span_split(&rest, ' ', &number) || !span_split(&rest, ' ', &lines) || rest.ptr)
		return false;
	if (lines.len > 10 || !span_u64(lines, UINT32_MAX, &n))
		return false;
	*out_lines = (size_t)n;
	return pop3_number_parse(number, max, out_number);
}

size_t pop3_top_len(struct span message, size_t lines)
{
	struct span rest = message;
	bool in_body = false;

	while (rest.len > 0 && (!in_body || lines > 0)) {
		size_t end = span_find(rest, '\n');
		size_t len = end == SPAN_NPOS ? rest.len : end + 1;
		struct span line = span_sub(rest, 0, len);
		rest = span_from(rest, len);
		if (in_body)
			lines--;
		else
			in_body = span_eq(line, SPAN("\r\n")) || span_eq(line, SPAN("\n"));
	}
	return message.len - rest.len;
}

bool pop3_name_is_valid(struct span name)
{
	if (name.len == 0 || name.len > SASL_NAME_MAX || !utf8_valid(name))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if ((unsigned char)name.ptr[i] < ' ' || name.ptr[i] == 0x7f)
			return false;
	}
	return true;
}
