/* SPF macros. */
#include "mailcore/auth/spf_macro.h"

#define PARTS_MAX  128 /* %{i} of IPv6 has 32; a domain 127 */
#define DIGITS_MAX 128

/* "%{" letter [digits] ["r"] *delimiter "}" */
struct macro {
	char letter; /* lower case */
	bool escaped;
	unsigned keep; /* the last so many parts; 0: all */
	bool reversed;
	struct span delimiters;
};

static bool is_delimiter(char c)
{
	return c != '\0' && strchr(".-+,/_=", c) != NULL;
}

static bool is_digit(char c)
{
	return ascii_is_digit(c);
}

static bool is_letter(char c, bool explanation)
{
	return c != '\0' && strchr(explanation ? "slodiphcrtv" : "slodiphv", c) != NULL;
}

/* A count of 0 is no count; one above DIGITS_MAX keeps everything. */
static bool parse_count(struct cur *c, unsigned *out)
{
	struct span digits = cur_take_while(c, is_digit);

	*out = 0;
	for (size_t i = 0; i < digits.len && *out < DIGITS_MAX; i++)
		*out = *out * 10 + (unsigned)(digits.ptr[i] - '0');
	return digits.len == 0 || *out > 0;
}

/* Behind "%{". */
static bool parse_macro(struct cur *in, bool explanation, struct macro *out)
{
	struct cur c = *in;
	int letter = cur_next(&c);
	struct macro m = { .letter = ascii_lower((char)letter) };

	if (letter < 0 || !is_letter(m.letter, explanation))
		return false;
	m.escaped = m.letter != (char)letter;
	if (!parse_count(&c, &m.keep))
		return false;
	m.reversed = cur_take(&c, 'r') || cur_take(&c, 'R');
	m.delimiters = cur_take_while(&c, is_delimiter);
	if (!cur_take(&c, '}'))
		return false;
	*in = c;
	*out = m;
	return true;
}

enum piece { PIECE_LITERAL, PIECE_MACRO, PIECE_BAD };

/* One character of the result, or a macro. */
static enum piece next_piece(
	struct cur *c, bool explanation, struct macro *macro, struct span *literal)
{
	const char *start = c->p;
	int ch = cur_next(c);

	if (ch != '%') {
		*literal = cur_since(c, start);
		bool fine = (ch > ' ' && ch < 0x7f) || (explanation && ch == ' ');
		return fine ? PIECE_LITERAL : PIECE_BAD;
	}
	switch (cur_next(c)) {
	case '%':
		*literal = SPAN("%");
		return PIECE_LITERAL;
	case '_':
		*literal = SPAN(" ");
		return PIECE_LITERAL;
	case '-':
		*literal = SPAN("%20");
		return PIECE_LITERAL;
	case '{':
		return parse_macro(c, explanation, macro) ? PIECE_MACRO : PIECE_BAD;
	default:
		return PIECE_BAD;
	}
}

bool spf_macro_string_valid(struct span text, bool explanation)
{
	struct cur c = cur_of(text);
	struct macro macro;
	struct span literal;

	while (!cur_done(&c)) {
		if (next_piece(&c, explanation, &macro, &literal) == PIECE_BAD)
			return false;
	}
	return true;
}

/* toplabel: letters, digits, hyphens; not digits alone; no hyphen at either end. */
static bool is_toplabel(struct span label)
{
	bool only_digits = true;

	if (label.len == 0 || label.ptr[0] == '-' || label.ptr[label.len - 1] == '-')
		return false;
	for (size_t i = 0; i < label.len; i++) {
		char c = label.ptr[i];
		if (!ascii_is_alpha(c) && !ascii_is_digit(c) && c != '-')
			return false;
		only_digits = only_digits && ascii_is_digit(c);
	}
	return !only_digits;
}

bool spf_domain_spec_valid(struct span text)
{
	struct cur c = cur_of(text);
	struct macro macro;
	struct span literal;
	enum piece last = PIECE_BAD;
	const char *after_macro = text.ptr; /* the last one */

	while (!cur_done(&c)) {
		const char *start = c.p;
		last = next_piece(&c, false, &macro, &literal);
		if (last == PIECE_BAD)
			return false;
		/* %%, %_ and %- are macro-expand too (§7.1) */
		if (last == PIECE_MACRO || *start == '%') {
			last = PIECE_MACRO;
			after_macro = c.p;
		}
	}
	if (last != PIECE_LITERAL)
		return last == PIECE_MACRO;
	struct span tail = span_make(after_macro, (size_t)(text.ptr + text.len - after_macro));
	if (tail.ptr[tail.len - 1] == '.')
		tail.len--;
	size_t dot = span_rfind(tail, '.');
	return dot != SPAN_NPOS && is_toplabel(span_from(tail, dot + 1));
}

bool spf_macro_uses(struct span text, char letter)
{
	struct cur c = cur_of(text);
	struct macro macro;
	struct span literal;

	while (!cur_done(&c)) {
		if (next_piece(&c, true, &macro, &literal) == PIECE_MACRO && macro.letter == letter)
			return true;
	}
	return false;
}

/* --- expanding -------------------------------------------------------------------------------- */

/* 192.0.2.1, or 32 nibbles with dots between (DNS does not mind their case). */
static void add_dotted(struct str *out, const struct addr *ip)
{
	if (ip->family != AF_INET6) {
		addr_add(out, ip);
		return;
	}
	for (size_t i = 0; i < 16; i++)
		str_addf(out, "%s%X.%X", i > 0 ? "." : "", ip->bytes[i] >> 4, ip->bytes[i] & 15u);
}

static void add_value(const struct spf_macro_values *v, char letter, struct str *out)
{
	switch (letter) {
	case 's':
		str_addf(out, SPAN_FMT "@" SPAN_FMT, SPAN_ARG(v->local), SPAN_ARG(v->origin));
		break;
	case 'l':
		str_add(out, v->local);
		break;
	case 'o':
		str_add(out, v->origin);
		break;
	case 'd':
		str_add(out, v->domain);
		break;
	case 'i':
		add_dotted(out, &v->ip);
		break;
	case 'p':
		str_add(out, v->validated);
		break;
	case 'v':
		str_add_cstr(out, v->ip.family == AF_INET6 ? "ip6" : "in-addr");
		break;
	case 'h':
		str_add(out, v->helo);
		break;
	case 'c':
		addr_add(out, &v->ip);
		break;
	case 'r':
		str_add(out, v->receiver.len > 0 ? v->receiver : SPAN("unknown"));
		break;
	case 't':
		str_add_i64(out, v->now_s);
		break;
	default:
		break; /* the parser lets no other letter through */
	}
}

static void add_escaped(struct str *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool plain = ascii_is_alpha(c) || ascii_is_digit(c) ||
			(c != '\0' && strchr("-._~", c) != NULL);
		if (plain)
			str_add_c(out, c);
		else
			str_addf(out, "%%%02X", (unsigned)(unsigned char)c);
	}
}

static bool is_one_of(char c, struct span set)
{
	return span_find(set, c) != SPAN_NPOS;
}

/* More parts than fit are one, at the end. */
static size_t cut(struct span value, struct span delimiters, struct span parts[PARTS_MAX])
{
	size_t n = 0, start = 0;

	for (size_t i = 0; i < value.len && n + 1 < PARTS_MAX; i++) {
		if (!is_one_of(value.ptr[i], delimiters))
			continue;
		parts[n++] = span_sub(value, start, i - start);
		start = i + 1;
	}
	parts[n++] = span_from(value, start);
	return n;
}

static void transform(const struct macro *m, struct span value, struct str *out)
{
	struct span parts[PARTS_MAX];
	struct span delimiters = m->delimiters.len > 0 ? m->delimiters : SPAN(".");

	if (m->keep == 0 && !m->reversed && m->delimiters.len == 0) {
		str_add(out, value);
		return;
	}
	size_t n = cut(value, delimiters, parts);
	size_t first = m->keep > 0 && m->keep < n ? n - m->keep : 0;
	for (size_t i = first; i < n; i++) {
		if (i > first)
			str_add_c(out, '.');
		str_add(out, parts[m->reversed ? n - 1 - i : i]);
	}
}

static void add_macro(const struct spf_macro_values *values, const struct macro *m, struct str *out)
{
	struct str value, result;

	str_init(&value, SPF_EXPANDED_MAX);
	str_init(&result, SPF_EXPANDED_MAX);
	add_value(values, m->letter, &value);
	transform(m, str_span(&value), &result);
	if (m->escaped)
		add_escaped(out, str_span(&result));
	else
		str_add(out, str_span(&result));
	str_done(&value);
	str_done(&result);
}

void spf_macro_expand(const struct spf_macro_values *values, struct span text, struct str *out)
{
	struct cur c = cur_of(text);
	struct macro macro;
	struct span literal;

	while (!cur_done(&c) && str_ok(out)) {
		if (next_piece(&c, true, &macro, &literal) == PIECE_MACRO)
			add_macro(values, &macro, out);
		else
			str_add(out, literal);
	}
}
