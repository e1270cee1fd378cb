/* Tokens of IMAP commands: see lex.h. */
#include "mailcore/imap/syntax/lex.h"

#include <string.h>

/* ATOM-CHAR = <any CHAR except atom-specials>; atom-specials = "(" / ")" / "{" / SP / CTL /
 * list-wildcards / quoted-specials / resp-specials */
bool lex_is_atom_char(char c)
{
	return c > ' ' && c < 0x7f && !strchr("(){%*\"\\]", c);
}

static bool is_astring_char(char c)
{
	return lex_is_atom_char(c) || c == ']';
}

static bool is_tag_char(char c)
{
	return is_astring_char(c) && c != '+';
}

static bool is_list_char(char c)
{
	return is_astring_char(c) || c == '%' || c == '*';
}

static bool is_name_char(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '.' || c == '-';
}

static bool is_base64_char(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '+' || c == '/' || c == '=';
}

static bool take_some(struct cur *in, bool (*is)(char), struct span *out)
{
	struct span text = cur_take_while(in, is);

	if (!text.len)
		return false;
	*out = text;
	return true;
}

bool lex_sp(struct cur *in)
{
	return cur_take(in, ' ');
}

bool lex_tag(struct cur *in, struct span *out)
{
	return take_some(in, is_tag_char, out);
}

bool lex_atom(struct cur *in, struct span *out)
{
	return take_some(in, lex_is_atom_char, out);
}

bool lex_name(struct cur *in, struct span *out)
{
	return take_some(in, is_name_char, out);
}

bool lex_word(struct cur *in, const char *word)
{
	struct cur c = *in;
	struct span atom;

	if (!lex_atom(&c, &atom) || !span_ieq(atom, span_of(word)))
		return false;
	*in = c;
	return true;
}

/* Without the backslashes. */
static struct span unescape(struct arena *a, struct span quoted)
{
	char *text = arena_alloc(a, quoted.len);
	size_t len = 0;

	for (size_t i = 0; i < quoted.len; i++) {
		if (quoted.ptr[i] == '\\')
			i++;
		text[len++] = quoted.ptr[i];
	}
	return span_make(text, len);
}

/* quoted = DQUOTE *QUOTED-CHAR DQUOTE; 8-bit bytes pass, whoever uses the text checks UTF-8 */
static bool take_quoted(struct cur *in, struct arena *a, struct span *out)
{
	struct cur c = *in;
	bool escaped = false;

	if (!cur_take(&c, '"'))
		return false;
	const char *start = c.p;
	for (; !cur_done(&c) && *c.p != '"'; c.p++) {
		if (*c.p == '\\') {
			escaped = true;
			c.p++;
			if (cur_peek(&c) != '"' && cur_peek(&c) != '\\')
				return false;
		}
		if (*c.p == '\r' || *c.p == '\n' || *c.p == '\0')
			return false;
	}
	struct span text = cur_since(&c, start);
	if (!cur_take(&c, '"'))
		return false;
	*out = escaped ? unescape(a, text) : text;
	*in = c;
	return true;
}

/* literal = "{" number64 ["+"] "}" CRLF *CHAR8; CHAR8 is no NUL */
static bool take_literal(struct cur *in, struct span *out)
{
	struct cur c = *in;
	uint64_t size;

	if (!cur_take(&c, '{') || !lex_u64(&c, &size))
		return false;
	(void)cur_take(&c, '+'); /* both forms mean the same here */
	if (!cur_take(&c, '}') || !cur_take(&c, '\r') || !cur_take(&c, '\n') || cur_left(&c) < size)
		return false;
	struct span text = span_make(c.p, (size_t)size);
	if (size && memchr(text.ptr, '\0', text.len))
		return false;
	c.p += size;
	*out = text;
	*in = c;
	return true;
}

bool lex_string(struct cur *in, struct arena *a, struct span *out)
{
	return take_quoted(in, a, out) || take_literal(in, out);
}

bool lex_astring(struct cur *in, struct arena *a, struct span *out)
{
	return take_some(in, is_astring_char, out) || lex_string(in, a, out);
}

bool lex_nstring(struct cur *in, struct arena *a, struct span *out)
{
	if (lex_word(in, "NIL")) {
		*out = SPAN_NONE;
		return true;
	}
	return lex_string(in, a, out);
}

bool lex_list_mailbox(struct cur *in, struct arena *a, struct span *out)
{
	return take_some(in, is_list_char, out) || lex_string(in, a, out);
}

bool lex_u64(struct cur *in, uint64_t *out)
{
	struct cur c = *in;
	struct span digits = cur_take_while(&c, ascii_is_digit);

	if (!span_u64(digits, INT64_MAX, out))
		return false;
	*in = c;
	return true;
}

bool lex_u32(struct cur *in, uint32_t *out)
{
	struct cur c = *in;
	uint64_t n;

	if (!lex_u64(&c, &n) || n > UINT32_MAX)
		return false;
	*out = (uint32_t)n;
	*in = c;
	return true;
}

struct span lex_base64(struct cur *in)
{
	return cur_take_while(in, is_base64_char);
}
