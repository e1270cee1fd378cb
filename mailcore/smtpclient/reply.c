/* Replies of SMTP servers; see reply.h. */
#include "mailcore/smtpclient/reply.h"

#include "mailcore/base/cur.h"
#include "mailcore/base/utf8.h"

#define ESCAPED 4 /* "\xNN" */

void reply_parse_begin(struct reply_parser *p, struct arena *a)
{
	*p = (struct reply_parser){ 0 };
	p->text = str_in(a, REPLY_KEEP_LINES * (REPLY_KEEP_LINE * ESCAPED + 1UL));
}

/* Printable UTF-8; a tab is a blank, everything else is written as \xNN. */
static void add_printable(struct str *out, struct span s)
{
	while (s.len > 0) {
		uint32_t code = 0;
		size_t n = utf8_decode(s, &code);
		/* C1 controls, line and paragraph separators, and marks that turn the writing
		 * direction would change what a person sees of the rest. */
		bool odd = n == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0) ||
			(code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
		if (code == '\t' && n == 1)
			str_add_c(out, ' ');
		else if (!odd)
			str_add(out, span_sub(s, 0, n));
		for (size_t i = 0; odd && code != '\t' && i < (n ? n : 1); i++)
			str_addf(out, "\\x%02x", (unsigned)(uint8_t)s.ptr[i]);
		s = span_from(s, n ? n : 1);
	}
}

/* RFC 5321 §4.2: Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ]
 * Reply-code = %x32-35 %x30-35 %x30-39 */
static bool parse_code(struct span line, int *code, bool *last)
{
	if (line.len < 3 || line.ptr[0] < '2' || line.ptr[0] > '5' || line.ptr[1] < '0' ||
		line.ptr[1] > '5' || !ascii_is_digit(line.ptr[2]))
		return false;
	if (line.len > 3 && line.ptr[3] != ' ' && line.ptr[3] != '-')
		return false;
	*code = (line.ptr[0] - '0') * 100 + (line.ptr[1] - '0') * 10 + (line.ptr[2] - '0');
	*last = line.len == 3 || line.ptr[3] == ' ';
	return true;
}

static enum reply_state take_line(struct reply_parser *p, struct span line)
{
	bool last;
	int code;

	if (line.len > 0 && line.ptr[line.len - 1] == '\r')
		line.len--;
	if (!parse_code(line, &code, &last) || (p->n_lines > 0 && code != p->code))
		return REPLY_MALFORMED;
	p->code = code;
	p->n_lines++;
	if (p->n_lines > REPLY_LINES_MAX)
		return REPLY_MALFORMED;
	if (p->n_lines <= REPLY_KEEP_LINES) {
		struct span text = span_from(line, 4);
		text.len = text.len > REPLY_KEEP_LINE ? utf8_floor(text.ptr, REPLY_KEEP_LINE)
						      : text.len;
		add_printable(&p->text, text);
		str_add_c(&p->text, '\n');
	}
	return last ? REPLY_DONE : REPLY_MORE;
}

enum reply_state reply_feed(struct reply_parser *p, struct span *in)
{
	for (;;) {
		size_t end = span_find(*in, '\n');
		if (end == SPAN_NPOS)
			return in->len > REPLY_LINE_MAX ? REPLY_MALFORMED : REPLY_MORE;
		p->n_bytes += end + 1;
		if (end > REPLY_LINE_MAX || p->n_bytes > REPLY_BYTES_MAX)
			return REPLY_MALFORMED;
		enum reply_state state = take_line(p, span_sub(*in, 0, end));
		*in = span_from(*in, end + 1);
		if (state != REPLY_MORE)
			return state;
	}
}

/* RFC 3463: status-code = class "." subject "." detail */
bool reply_status(struct span text, struct span *out)
{
	struct cur c = cur_of(text);
	int class = cur_next(&c);

	if (class != '2' && class != '4' && class != '5')
		return false;
	for (int part = 0; part < 2; part++) {
		size_t digits = 0;
		if (!cur_take(&c, '.'))
			return false;
		while (cur_left(&c) > 0 && ascii_is_digit((char)cur_peek(&c))) {
			(void)cur_next(&c);
			digits++;
		}
		if (digits < 1 || digits > 3)
			return false;
	}
	if (!cur_done(&c) && cur_peek(&c) != ' ')
		return false;
	*out = cur_since(&c, text.ptr);
	return true;
}

bool reply_line(const struct reply_parser *p, size_t *pos, struct span *out)
{
	struct span rest = span_from(str_span(&p->text), *pos);
	size_t end = span_find(rest, '\n');

	if (end == SPAN_NPOS)
		return false;
	*out = span_sub(rest, 0, end);
	*pos += end + 1;
	return true;
}

/* All lines in one; an enhanced status that is repeated on every line is said once. */
static struct span join_lines(const struct reply_parser *p, struct arena *a, struct span *status)
{
	struct str text = str_in(a, REPLY_KEEP_LINES * (REPLY_KEEP_LINE * ESCAPED + 1UL));
	struct span line, again;
	size_t pos = 0;

	*status = SPAN_NONE;
	for (int n = 0; n < REPLY_TEXT_LINES && reply_line(p, &pos, &line); n++) {
		if (n == 0)
			(void)reply_status(line, status); /* most old servers have none */
		else if (status->len > 0 && reply_status(line, &again) && span_eq(again, *status))
			line = span_from(line, again.len);
		line = span_trim(line);
		if (text.len > 0 && line.len > 0)
			str_add_c(&text, ' ');
		str_add(&text, line);
	}
	return str_span(&text);
}

void reply_result(const struct reply_parser *p, struct arena *a, struct smtpclient_reply *out)
{
	struct span status, text = join_lines(p, a, &status);

	if (text.len > REPLY_TEXT_MAX)
		text.len = utf8_floor(text.ptr, REPLY_TEXT_MAX);
	if (status.len > 0 && status.ptr[0] == '0' + p->code / 100)
		status = arena_span(a, status);
	else
		status = arena_printf(a, "%d.0.0", p->code / 100);
	*out = (struct smtpclient_reply){ .code = p->code, .status = status, .text = text };
}
