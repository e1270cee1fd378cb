/* The one writer of header fields: refuses what would end a field, encodes, folds. */
#include "mailcore/base/cur.h"
#include "mailcore/base/utf8.h"
#include "mailcore/mime/build.h"
#include "mailcore/mime/content_type.h"
#include "mailcore/mime/encoded_word.h"
#include "mailcore/mime/header.h"

#define FOLD_COLUMN      77 /* RFC 5322 §2.1.1: 78 without the line end */
#define LINE_MAX_LEN     998
#define PLAIN_WORD_MAX   300 /* longer ones are encoded, because encoded-words can be folded */
#define PLAIN_WHITE_MAX  30
#define QUOTED_PARAM_MAX 200
#define PARAM_CHUNK      50 /* bytes of an RFC 2231 section before encoding */

/* A field that is being written. */
struct field {
	struct str *out;
	size_t start; /* where the field begins, to take it back */
	size_t column;
	bool bad;
};

static bool is_injection(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\r' || s.ptr[i] == '\n' || s.ptr[i] == '\0')
			return true;
	}
	return false;
}

static struct field begin(struct str *out, const char *name)
{
	struct span text = span_of(name);
	struct field f = { .out = out, .start = out->len, .bad = text.len == 0 };

	for (size_t i = 0; i < text.len; i++)
		f.bad = f.bad || text.ptr[i] <= ' ' || text.ptr[i] > '~' || text.ptr[i] == ':';
	str_add(out, text);
	str_add_c(out, ':');
	f.column = text.len + 1;
	return f;
}

/* White space and a word that stays in one piece; a line end before them when they don't fit. */
static void add_word(struct field *f, struct span white, struct span word)
{
	if (word.len >= LINE_MAX_LEN)
		f->bad = true;
	if (f->column + white.len + word.len > FOLD_COLUMN) {
		str_add(f->out, SPAN("\r\n"));
		f->column = 0;
	}
	str_add(f->out, white);
	str_add(f->out, word);
	f->column += white.len + word.len;
}

/* Words of a text with the white space between them. A run of it longer than a line is cut. */
static void add_words(struct field *f, struct span text)
{
	struct cur c = cur_of(span_trim(text));
	struct span white = SPAN(" ");

	while (!cur_done(&c)) {
		const char *start = c.p;
		while (!cur_done(&c) && !ascii_is_space(*c.p))
			c.p++;
		add_word(f, span_sub(white, 0, FOLD_COLUMN), cur_since(&c, start));
		white = cur_take_while(&c, ascii_is_space);
	}
}

static enum rc end(struct field *f)
{
	str_add(f->out, SPAN("\r\n"));
	if (f->bad && str_ok(f->out))
		f->out->len = f->start;
	if (!str_ok(f->out))
		return RC_LIMIT;
	return f->bad ? RC_INVALID : RC_OK;
}

enum rc header_write(struct str *out, const char *name, struct span value)
{
	if (is_injection(value))
		return RC_INVALID;
	struct field f = begin(out, name);
	add_words(&f, value);
	return end(&f);
}

/* A word, or white space, that no line could be folded around. */
static bool has_long_run(struct span text)
{
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		bool space = ascii_is_space(text.ptr[i]);
		len = i > 0 && space == ascii_is_space(text.ptr[i - 1]) ? len + 1 : 1;
		if (len > (space ? PLAIN_WHITE_MAX : PLAIN_WORD_MAX))
			return true;
	}
	return false;
}

static bool is_printable(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		if ((c < ' ' && c != '\t') || c > '~')
			return false;
	}
	return true;
}

/* Would a reader take the plain text for something else? */
static bool must_encode(struct span text)
{
	return !is_printable(text) || has_long_run(text) ||
		span_find_span(text, SPAN("=?")) != SPAN_NPOS;
}

enum rc header_write_text(struct str *out, const char *name, struct span text)
{
	if (is_injection(text) || !utf8_valid(text))
		return RC_INVALID;
	struct field f = begin(out, name);
	text = span_trim(text);
	if (!must_encode(text)) {
		add_words(&f, text);
		return end(&f);
	}
	struct str words;
	str_init(&words, out->max);
	encoded_word_add(&words, text);
	add_words(&f, str_span(&words));
	str_done(&words);
	return end(&f);
}

/* --- addresses --- */

/* RFC 5322 atext and spaces: a phrase that needs no quotes. */
static bool is_plain_phrase(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		if (!ascii_is_alpha(c) && !ascii_is_digit(c) &&
			!memchr("!#$%&'*+-/=?^_`{|}~ ", c, 20))
			return false;
	}
	return true;
}

static void add_quoted(struct str *out, struct span text)
{
	str_add_c(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '"' || text.ptr[i] == '\\')
			str_add_c(out, '\\');
		str_add_c(out, text.ptr[i]);
	}
	str_add_c(out, '"');
}

static void add_name(struct str *out, struct span name)
{
	if (must_encode(name))
		encoded_word_add(out, name);
	else if (is_plain_phrase(name))
		str_add(out, name);
	else
		add_quoted(out, name);
}

static void add_address(struct field *f, const struct address *address, bool last)
{
	struct arena a;
	struct addr_spec unused;
	arena_init(&a, 1024);
	struct str spec = str_in(&a, 4 * (ADDRESS_LOCAL_MAX + ADDRESS_DOMAIN_MAX));
	struct str name = str_in(&a, f->out->max);
	bool named = address->name.len > 0;

	if (is_injection(address->name) || !utf8_valid(address->name))
		f->bad = true;
	if (named) {
		add_name(&name, address->name);
		str_add_c(&spec, '<');
	}
	addr_spec_add(&spec, address->local, address->domain);
	struct span bare = span_from(str_span(&spec), named);
	if (!str_ok(&spec) || !addr_spec_parse(&a, bare, &unused))
		f->bad = true;
	if (named)
		str_add_c(&spec, '>');
	if (!last)
		str_add_c(&spec, ',');
	if (!f->bad) {
		add_words(f, str_span(&name));
		add_word(f, SPAN(" "), str_span(&spec));
	}
	arena_done(&a);
}

enum rc header_write_addresses(
	struct str *out, const char *name, const struct address *list, size_t n)
{
	struct field f = begin(out, name);
	const struct address *last = NULL;

	for (size_t i = 0; i < n; i++) {
		if (list[i].kind == ADDRESS_MAILBOX)
			last = &list[i];
	}
	if (!last) {
		out->len = str_ok(out) ? f.start : out->len;
		return f.bad ? RC_INVALID : RC_OK;
	}
	for (size_t i = 0; i < n && !f.bad; i++) {
		if (list[i].kind == ADDRESS_MAILBOX)
			add_address(&f, &list[i], &list[i] == last);
	}
	return end(&f);
}

/* --- message ids --- */

static bool is_id(struct span id)
{
	if (id.len == 0 || id.len > MESSAGE_ID_MAX - 4)
		return false;
	for (size_t i = 0; i < id.len; i++) {
		char c = id.ptr[i];
		if (c <= ' ' || c > '~' || c == '<' || c == '>')
			return false;
	}
	return true;
}

enum rc header_write_ids(struct str *out, const char *name, const struct span *ids, size_t n)
{
	struct field f = begin(out, name);

	for (size_t i = 0; i < n && !f.bad; i++) {
		char text[LINE_MAX_LEN];
		if (!is_id(ids[i])) {
			f.bad = true;
			break;
		}
		text[0] = '<';
		memcpy(text + 1, ids[i].ptr, ids[i].len);
		text[ids[i].len + 1] = '>';
		add_word(&f, SPAN(" "), span_make(text, ids[i].len + 2));
	}
	return end(&f);
}

/* --- parameters --- */

static bool is_token(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (!ascii_is_alpha(c) && !ascii_is_digit(c) && c != '-' && c != '_' && c != '.' &&
			c != '+')
			return false;
	}
	return s.len > 0;
}

static void add_percent(struct str *out, struct span bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		if (is_token(span_sub(bytes, i, 1)) && bytes.ptr[i] != '+')
			str_add_c(out, bytes.ptr[i]);
		else
			str_addf(out, "%%%02X", (unsigned char)bytes.ptr[i]);
	}
}

/* RFC 2231: name*=UTF-8''text, in sections name*0*, name*1* ... when it is long. */
static void add_extended(struct field *f, const char *name, struct span value)
{
	bool single = value.len <= PARAM_CHUNK;
	unsigned section = 0;

	do {
		struct str word;
		str_init(&word, 4 * PARAM_CHUNK + 100);
		struct span chunk = span_sub(value, 0, PARAM_CHUNK);
		value = span_from(value, chunk.len);
		str_add_cstr(&word, name);
		if (!single)
			str_addf(&word, "*%u", section);
		str_add_cstr(&word, section++ == 0 ? "*=UTF-8''" : "*=");
		add_percent(&word, chunk);
		if (value.len > 0)
			str_add_c(&word, ';');
		f->bad = f->bad || !str_ok(&word);
		add_word(f, SPAN(" "), str_span(&word));
		str_done(&word);
	} while (value.len > 0);
}

static void add_param(struct field *f, const struct build_param *param)
{
	if (is_injection(param->value) || !utf8_valid(param->value) ||
		!is_token(span_of(param->name))) {
		f->bad = true;
		return;
	}
	str_add_c(f->out, ';');
	f->column++;
	if (!is_printable(param->value) || param->value.len > QUOTED_PARAM_MAX) {
		add_extended(f, param->name, param->value);
		return;
	}
	struct str word;
	str_init(&word, 2 * QUOTED_PARAM_MAX + LINE_MAX_LEN);
	str_addf(&word, "%s=", param->name);
	if (is_token(param->value))
		str_add(&word, param->value);
	else
		add_quoted(&word, param->value);
	add_word(f, SPAN(" "), str_span(&word));
	str_done(&word);
}

enum rc header_write_params(struct str *out, const char *name, struct span value,
	const struct build_param *params, size_t n)
{
	if (is_injection(value) || !is_printable(value))
		return RC_INVALID;
	struct field f = begin(out, name);
	add_words(&f, value);
	for (size_t i = 0; i < n && !f.bad; i++)
		add_param(&f, &params[i]);
	return end(&f);
}
