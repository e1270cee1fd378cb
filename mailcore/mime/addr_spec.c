/* One address, strictly (RFC 5321 §4.1.2 Mailbox), and writing it. */
#include "mailcore/base/cur.h"
#include "mailcore/base/utf8.h"
#include "mailcore/mime/address.h"

#define LABEL_MAX 63

/* RFC 5322 atext, and what is not ASCII (RFC 6532). */
static bool is_atext(char c)
{
	if (ascii_is_alpha(c) || ascii_is_digit(c) || (unsigned char)c >= 0x80)
		return true;
	return c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL;
}

/* Dot-string = Atom *("." Atom) */
static bool is_dot_string(struct span s)
{
	struct span rest = s, atom;

	while (span_split(&rest, '.', &atom)) {
		if (atom.len == 0)
			return false;
		for (size_t i = 0; i < atom.len; i++) {
			if (!is_atext(atom.ptr[i]))
				return false;
		}
	}
	return s.len > 0;
}

/* Quoted-string = DQUOTE *( qtext / "\" printable ) DQUOTE */
static bool take_quoted(struct arena *a, struct cur *c, struct span *out)
{
	struct str text = str_in(a, ADDRESS_LOCAL_MAX);

	if (!cur_take(c, '"'))
		return false;
	while (!cur_done(c)) {
		int ch = cur_next(c);
		if (ch == '"') {
			*out = str_span(&text);
			return out->len > 0;
		}
		if (ch == '\\')
			ch = cur_next(c);
		if (ch < ' ' || ch == 0x7F)
			return false;
		str_add_c(&text, (char)ch);
		if (!str_ok(&text))
			return false;
	}
	return false;
}

static bool take_local(struct arena *a, struct cur *c, struct span *out)
{
	const char *start = c->p;

	if (cur_peek(c) == '"') {
		if (!take_quoted(a, c, out))
			return false;
	} else {
		size_t at = span_find(cur_rest(c), '@');
		*out = span_sub(cur_rest(c), 0, at);
		c->p += out->len;
		if (!is_dot_string(*out))
			return false;
	}
	return cur_since(c, start).len <= ADDRESS_LOCAL_MAX;
}

/* sub-domain = Let-dig [Ldh-str], or a U-label */
static bool is_label(struct span s)
{
	if (s.len == 0 || s.len > LABEL_MAX || s.ptr[0] == '-' || s.ptr[s.len - 1] == '-')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		bool ok = ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' ||
			(unsigned char)c >= 0x80;
		if (!ok)
			return false;
	}
	return true;
}

static bool is_domain(struct span s)
{
	struct span rest = s, label;

	while (span_split(&rest, '.', &label)) {
		if (!is_label(label))
			return false;
	}
	return s.len > 0;
}

/* "[" ( IPv4 / "IPv6:" address / tag ":" text ) "]": its letters, not its meaning */
static bool is_literal(struct span s)
{
	if (s.len < 3 || s.ptr[0] != '[' || s.ptr[s.len - 1] != ']')
		return false;
	for (size_t i = 1; i < s.len - 1; i++) {
		char c = s.ptr[i];
		bool ok =
			ascii_is_alpha(c) || ascii_is_digit(c) || c == '.' || c == ':' || c == '-';
		if (!ok)
			return false;
	}
	return true;
}

bool addr_spec_parse(struct arena *a, struct span text, struct addr_spec *out)
{
	struct cur c = cur_of(text);
	struct addr_spec found;

	if (text.len > 2 * ADDRESS_LOCAL_MAX + 1 + ADDRESS_DOMAIN_MAX || !utf8_valid(text))
		return false;
	if (!take_local(a, &c, &found.local) || !cur_take(&c, '@'))
		return false;
	found.domain = cur_rest(&c);
	found.literal = cur_peek(&c) == '[';
	if (found.domain.len > ADDRESS_DOMAIN_MAX)
		return false;
	if (!(found.literal ? is_literal(found.domain) : is_domain(found.domain)))
		return false;
	*out = found;
	return true;
}

void addr_spec_add(struct str *out, struct span local, struct span domain)
{
	if (is_dot_string(local)) {
		str_add(out, local);
	} else {
		str_add_c(out, '"');
		for (size_t i = 0; i < local.len; i++) {
			if (local.ptr[i] == '"' || local.ptr[i] == '\\')
				str_add_c(out, '\\');
			str_add_c(out, local.ptr[i]);
		}
		str_add_c(out, '"');
	}
	if (domain.len > 0) {
		str_add_c(out, '@');
		str_add(out, domain);
	}
}
