/* Style attributes: see css_clean.h. */
#include "webui/mail/css_clean.h"

#include <stdbool.h>

/* Whole names, and prefixes that end in '-'. Not there on purpose: position, z-index, content,
 * behavior, filter, transform, animation, transition, cursor, overflow, -moz-binding. */
static const char *const properties[] = { "background", "background-color", "border", "border-",
	"box-sizing", "caption-side", "clear", "color", "direction", "display", "empty-cells",
	"float", "font", "font-", "height", "letter-spacing", "line-height", "list-style",
	"list-style-position", "list-style-type", "margin", "margin-", "max-height", "max-width",
	"min-height", "min-width", "opacity", "overflow-wrap", "padding", "padding-",
	"table-layout", "text-align", "text-decoration", "text-indent", "text-transform",
	"unicode-bidi", "vertical-align", "visibility", "white-space", "width", "word-break",
	"word-spacing", "word-wrap", NULL };

static const char *const functions[] = { "rgb", "rgba", "hsl", "hsla", "calc", NULL };

static bool on_list(struct span name, const char *const *list)
{
	for (; *list; list++) {
		struct span entry = span_of(*list);
		if (span_eq(name, entry))
			return true;
		if (entry.ptr[entry.len - 1] == '-' && span_starts(name, entry))
			return true;
	}
	return false;
}

static bool is_word_char(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '_';
}

static bool is_space(char c)
{
	return ascii_is_space(c) || c == '\n' || c == '\r' || c == '\f';
}

static bool is_value_char(char c)
{
	return is_word_char(c) || is_space(c) || (unsigned char)c >= 0x80 ||
		memchr("#%.,+*!()'\"/", c, 12) != NULL;
}

/* Every "(" must follow a function that we know, and be closed. */
static bool functions_are_fine(struct span value)
{
	size_t depth = 0, word = 0;
	for (size_t i = 0; i < value.len; i++) {
		char c = value.ptr[i];
		if (c == '(') {
			struct span name = span_sub(value, word, i - word);
			if (!on_list(name, functions) && !(depth > 0 && name.len == 0))
				return false;
			depth++;
		}
		if (c == ')' && depth-- == 0)
			return false;
		if (!is_word_char(c))
			word = i + 1;
	}
	return depth == 0;
}

static bool quotes_are_fine(struct span value)
{
	bool open = false;
	for (size_t i = 0; i < value.len; i++) {
		char c = value.ptr[i];
		if (c == '\'')
			open = !open;
		else if (open && !is_word_char(c) && c != ' ' && (unsigned char)c < 0x80)
			return false;
	}
	return !open;
}

static bool value_is_fine(struct span value)
{
	if (value.len == 0)
		return false;
	for (size_t i = 0; i < value.len; i++) {
		if (!is_value_char(value.ptr[i]))
			return false;
	}
	return functions_are_fine(value) && quotes_are_fine(value);
}

/* Lower case, " as ', white space folded: the form in which it is checked and written. */
static struct span tidied(struct str *out, struct span value)
{
	str_clear(out);
	value = span_trim(value);
	for (size_t i = 0; i < value.len; i++) {
		char c = value.ptr[i] == '"' ? '\'' : ascii_lower(value.ptr[i]);
		if (!is_space(c))
			str_add_c(out, c);
		else if (out->len > 0 && out->ptr[out->len - 1] != ' ')
			str_add_c(out, ' ');
	}
	return str_span(out);
}

static void clean_declaration(
	struct str *out, struct str *scratch, struct span text, bool *first, size_t *remote)
{
	size_t colon = span_find(text, ':');
	if (colon == SPAN_NPOS)
		return;
	if (span_ifind_span(text, SPAN("url(")) != SPAN_NPOS)
		(*remote)++;

	char name_text[32];
	struct span name = span_trim(span_sub(text, 0, colon));
	if (name.len == 0 || name.len > sizeof name_text)
		return;
	for (size_t i = 0; i < name.len; i++)
		name_text[i] = ascii_lower(name.ptr[i]);
	name.ptr = name_text;
	struct span value = tidied(scratch, span_from(text, colon + 1));
	if (!on_list(name, properties) || !value_is_fine(value))
		return;
	for (size_t i = 0; i < name.len; i++) {
		if (!is_word_char(name.ptr[i]))
			return;
	}

	if (!*first)
		str_add_cstr(out, "; ");
	*first = false;
	str_add(out, name);
	str_add_cstr(out, ": ");
	str_add(out, value);
}

/* The text up to the next ';' that is in no quotes or parentheses. */
static struct span declaration_take(struct span *rest)
{
	char quote = '\0';
	size_t i = 0;
	for (; i < rest->len; i++) {
		char c = rest->ptr[i];
		if (quote)
			quote = c == quote ? '\0' : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == ';')
			break;
	}
	struct span part = span_sub(*rest, 0, i);
	*rest = span_from(*rest, i + 1);
	return part;
}

static void comments_removed(struct str *out, struct span text)
{
	while (text.len > 0) {
		size_t open = span_find_span(text, SPAN("/*"));
		str_add(out, span_sub(text, 0, open));
		if (open == SPAN_NPOS)
			return;
		text = span_from(text, open + 2);
		size_t close = span_find_span(text, SPAN("*/"));
		text = close == SPAN_NPOS ? SPAN("") : span_from(text, close + 2);
	}
}

void css_clean(struct str *out, struct span style, size_t *remote)
{
	if (style.len > CSS_STYLE_MAX)
		return;
	struct str plain, scratch;
	str_init(&plain, CSS_STYLE_MAX);
	str_init(&scratch, CSS_STYLE_MAX);
	comments_removed(&plain, style);

	bool first = true;
	struct span rest = str_span(&plain);
	while (rest.len > 0)
		clean_declaration(out, &scratch, declaration_take(&rest), &first, remote);
	str_done(&plain);
	str_done(&scratch);
}
