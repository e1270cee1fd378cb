/* Names and values: decoding of queries, forms, path segments and cookies. */
#include "backend/http/params.h"

#include "mailcore/base/cur.h"
#include "mailcore/base/str.h"
#include "mailcore/base/utf8.h"
#include "mailcore/base/vec.h"

struct param_vec {
	struct param *items;
	size_t len, cap;
};

struct span params_get(const struct params *p, struct span name)
{
	for (size_t i = 0; i < p->len; i++) {
		if (span_eq(p->items[i].name, name))
			return p->items[i].value;
	}
	return SPAN("");
}

struct span params_iget(const struct params *p, struct span name)
{
	for (size_t i = 0; i < p->len; i++) {
		if (span_ieq(p->items[i].name, name))
			return p->items[i].value;
	}
	return SPAN("");
}

static bool is_clean(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F)
			return false;
	}
	return utf8_valid(text);
}

static bool decode_byte(struct cur *in, bool plus, struct str *out)
{
	int c = cur_next(in);

	if (c != '%') {
		str_add_c(out, c == '+' && plus ? ' ' : (char)c);
		return true;
	}
	if (cur_left(in) < 2)
		return false;
	int high = ascii_hex(in->p[0]), low = ascii_hex(in->p[1]);
	if (high < 0 || low < 0)
		return false;
	in->p += 2;
	str_add_c(out, (char)(high * 16 + low));
	return true;
}

bool percent_decode(struct arena *a, struct span text, bool plus, struct span *out)
{
	struct span plain = text;

	if (span_find(text, '%') != SPAN_NPOS || (plus && span_find(text, '+') != SPAN_NPOS)) {
		struct str decoded = str_in(a, text.len);
		struct cur in = cur_of(text);
		(void)str_reserve(&decoded, text.len); /* within its maximum */
		while (!cur_done(&in)) {
			if (!decode_byte(&in, plus, &decoded))
				return false;
		}
		plain = str_span(&decoded);
	}
	if (!is_clean(plain))
		return false;
	*out = plain;
	return true;
}

static bool decode_pair(struct arena *a, struct span part, struct param *out)
{
	size_t eq = span_find(part, '=');
	struct span name = eq == SPAN_NPOS ? part : span_sub(part, 0, eq);
	struct span value = eq == SPAN_NPOS ? SPAN("") : span_from(part, eq + 1);

	return percent_decode(a, name, true, &out->name) &&
		percent_decode(a, value, true, &out->value);
}

bool params_parse_form(struct arena *a, struct span text, struct params *out)
{
	struct param_vec pairs = { 0 };
	struct span part;

	while (span_split(&text, '&', &part)) {
		struct param pair;
		if (part.len == 0)
			continue;
		if (pairs.len == PARAMS_MAX || !decode_pair(a, part, &pair))
			return false;
		VEC_PUSH(a, &pairs, pair);
	}
	*out = (struct params){ pairs.items, pairs.len };
	return true;
}

bool params_parse_cookies(struct arena *a, struct span header, struct params *out)
{
	struct param_vec pairs = { 0 };
	struct span part;

	while (span_split(&header, ';', &part)) {
		part = span_trim(part);
		size_t eq = span_find(part, '=');
		if (eq == SPAN_NPOS || eq == 0)
			continue;
		if (pairs.len == PARAMS_MAX)
			return false;
		struct param pair = { span_sub(part, 0, eq), span_from(part, eq + 1) };
		VEC_PUSH(a, &pairs, pair);
	}
	*out = (struct params){ pairs.items, pairs.len };
	return true;
}

void percent_encode(struct str *out, struct span text)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		if (ascii_is_alpha((char)c) || ascii_is_digit((char)c) || strchr("-._~@", c)) {
			str_add_c(out, (char)c);
			continue;
		}
		str_add_c(out, '%');
		str_add_c(out, digits[c >> 4]);
		str_add_c(out, digits[c & 15]);
	}
}
