/* What a FETCH asks for: see fetch_items.h. */
#include "mailcore/imap/syntax/fetch_items.h"

#include "mailcore/base/str.h"
#include "mailcore/imap/syntax/lex.h"

#define LABEL_MAX (1024 * 1024) /* more than a command can ask for */

/* ------------------------------------------------------------------ sections */

/* section-part = nz-number *("." nz-number); a "." that text follows is left */
static bool take_path(struct cur *in, struct section *out)
{
	struct cur c = *in;

	for (;;) {
		uint32_t number;
		if (!lex_u32(&c, &number) || number == 0 || out->n_path == SECTION_DEPTH_MAX)
			return false;
		out->path[out->n_path++] = number;
		*in = c;
		if (!cur_take(&c, '.') || cur_peek(&c) < '0' || cur_peek(&c) > '9')
			return true;
	}
}

static bool is_field_name(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] <= ' ' || name.ptr[i] >= 0x7f || name.ptr[i] == ':')
			return false;
	}
	return name.len > 0;
}

/* header-list = "(" header-fld-name *(SP header-fld-name) ")" */
static bool take_fields(struct cur *in, struct arena *a, struct section *out)
{
	struct cur c = *in;
	struct span *names = arena_array(a, SECTION_FIELDS_MAX, sizeof *names);
	size_t n = 0;

	if (!lex_sp(&c) || !cur_take(&c, '('))
		return false;
	do {
		if (n == SECTION_FIELDS_MAX || !lex_astring(&c, a, &names[n]) ||
			!is_field_name(names[n]))
			return false;
		n++;
	} while (lex_sp(&c));
	if (!cur_take(&c, ')'))
		return false;
	out->names = names;
	out->n_names = n;
	*in = c;
	return true;
}

/* section-text = "HEADER" / "HEADER.FIELDS" [".NOT"] SP header-list / "TEXT" / "MIME" */
static bool take_section_text(struct cur *in, struct arena *a, struct section *out)
{
	struct span word;

	if (!lex_name(in, &word))
		return false;
	out->fields_not = span_ieq(word, SPAN("HEADER.FIELDS.NOT"));
	out->fields = out->fields_not || span_ieq(word, SPAN("HEADER.FIELDS"));
	if (out->fields || span_ieq(word, SPAN("HEADER")))
		out->kind = SECTION_HEADER;
	else if (span_ieq(word, SPAN("TEXT")))
		out->kind = SECTION_TEXT;
	else if (span_ieq(word, SPAN("MIME")) && out->n_path)
		out->kind = SECTION_MIME;
	else
		return false;
	return !out->fields || take_fields(in, a, out);
}

bool section_parse(struct cur *in, struct arena *a, struct section *out)
{
	struct cur c = *in;
	struct section section = { .kind = SECTION_ALL };

	if (!cur_take(&c, '['))
		return false;
	if (cur_peek(&c) >= '0' && cur_peek(&c) <= '9') {
		if (!take_path(&c, &section))
			return false;
		if (cur_take(&c, '.') && !take_section_text(&c, a, &section))
			return false;
	} else if (cur_peek(&c) != ']' && !take_section_text(&c, a, &section)) {
		return false;
	}
	if (!cur_take(&c, ']'))
		return false;
	*out = section;
	*in = c;
	return true;
}

/* ------------------------------------------------------------------ labels */

static void label_field(struct str *out, struct span name)
{
	bool atom = true;

	for (size_t i = 0; i < name.len; i++)
		atom = atom && (lex_is_atom_char(name.ptr[i]) || name.ptr[i] == ']');
	if (!atom)
		str_add_c(out, '"');
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '"' || name.ptr[i] == '\\')
			str_add_c(out, '\\');
		str_add_c(out, name.ptr[i]);
	}
	if (!atom)
		str_add_c(out, '"');
}

static void label_section_text(struct str *out, const struct section *s)
{
	static const char *const words[] = { [SECTION_ALL] = "",
		[SECTION_HEADER] = "HEADER",
		[SECTION_TEXT] = "TEXT",
		[SECTION_MIME] = "MIME" };

	if (s->n_path && s->kind != SECTION_ALL)
		str_add_c(out, '.');
	str_add_cstr(out, words[s->kind]);
	if (!s->fields)
		return;
	str_add_cstr(out, s->fields_not ? ".FIELDS.NOT (" : ".FIELDS (");
	for (size_t i = 0; i < s->n_names; i++) {
		if (i)
			str_add_c(out, ' ');
		label_field(out, s->names[i]);
	}
	str_add_c(out, ')');
}

/* BODY[1.2.HEADER.FIELDS (FROM)]<0> */
static struct span label_make(struct arena *a, const char *word, const struct fetch_item *item)
{
	struct str out = str_in(a, LABEL_MAX);
	const struct section *s = item->section;

	str_add_cstr(&out, word);
	str_add_c(&out, '[');
	for (size_t i = 0; i < s->n_path; i++)
		str_addf(&out, i ? ".%u" : "%u", (unsigned)s->path[i]);
	label_section_text(&out, s);
	str_add_c(&out, ']');
	if (item->partial && item->kind != FETCH_BINARY_SIZE)
		str_addf(&out, "<%llu>", (unsigned long long)item->offset);
	return str_ok(&out) ? str_span(&out) : SPAN("BODY[]");
}

/* ------------------------------------------------------------------ items */

struct item_name {
	const char *name;
	enum fetch_kind kind;
};
/* The first three are FAST, four ALL, five FULL. */
static const struct item_name plain_items[] = {
	{ "FLAGS", FETCH_FLAGS },
	{ "INTERNALDATE", FETCH_INTERNALDATE },
	{ "RFC822.SIZE", FETCH_SIZE },
	{ "ENVELOPE", FETCH_ENVELOPE },
	{ "BODY", FETCH_BODY },
	{ "BODYSTRUCTURE", FETCH_BODYSTRUCTURE },
	{ "UID", FETCH_UID },
	{ "MODSEQ", FETCH_MODSEQ },
	{ "SAVEDATE", FETCH_SAVEDATE },
	{ "PREVIEW", FETCH_PREVIEW },
	{ "EMAILID", FETCH_EMAILID },
	{ "THREADID", FETCH_THREADID },
};

/* The three of IMAP2 that are sections under another name. */
static bool take_rfc822(struct span word, struct arena *a, struct fetch_item *out)
{
	static const struct {
		const char *name;
		enum section_kind kind;
		bool peek;
	} names[] = {
		{ "RFC822", SECTION_ALL, false },
		{ "RFC822.HEADER", SECTION_HEADER, true },
		{ "RFC822.TEXT", SECTION_TEXT, false },
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (!span_ieq(word, span_of(names[i].name)))
			continue;
		struct section *section = arena_zalloc(a, sizeof *section);
		section->kind = names[i].kind;
		*out = (struct fetch_item){ .kind = FETCH_SECTION,
			.label = span_of(names[i].name),
			.section = section,
			.peek = names[i].peek };
		return true;
	}
	return false;
}

static bool take_plain(struct span word, struct fetch_item *out)
{
	for (size_t i = 0; i < sizeof plain_items / sizeof plain_items[0]; i++) {
		if (span_ieq(word, span_of(plain_items[i].name))) {
			*out = (struct fetch_item){ .kind = plain_items[i].kind,
				.label = span_of(plain_items[i].name) };
			return true;
		}
	}
	return false;
}

/* partial = "<" number64 "." nz-number64 ">" */
static bool take_partial(struct cur *in, struct fetch_item *item)
{
	struct cur c = *in;

	if (!cur_take(&c, '<') || !lex_u64(&c, &item->offset) || !cur_take(&c, '.') ||
		!lex_u64(&c, &item->count) || item->count == 0 || !cur_take(&c, '>'))
		return false;
	item->partial = true;
	*in = c;
	return true;
}

/* "BODY" [".PEEK"] section [partial] / "BINARY" [".PEEK"] section-binary [partial] /
 * "BINARY.SIZE" section-binary */
static bool take_section_item(
	struct cur *in, struct span word, struct arena *a, struct fetch_item *out)
{
	static const struct {
		const char *name;
		const char *label;
		enum fetch_kind kind;
		bool peek;
	} names[] = {
		{ "BODY", "BODY", FETCH_SECTION, false },
		{ "BODY.PEEK", "BODY", FETCH_SECTION, true },
		{ "BINARY", "BINARY", FETCH_BINARY, false },
		{ "BINARY.PEEK", "BINARY", FETCH_BINARY, true },
		{ "BINARY.SIZE", "BINARY.SIZE", FETCH_BINARY_SIZE, true },
	};
	struct section section;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (!span_ieq(word, span_of(names[i].name)))
			continue;
		struct fetch_item item = { .kind = names[i].kind, .peek = names[i].peek };
		if (!section_parse(in, a, &section))
			return false;
		if (item.kind != FETCH_SECTION && section.kind != SECTION_ALL)
			return false;
		if (cur_peek(in) == '<' &&
			(item.kind == FETCH_BINARY_SIZE || !take_partial(in, &item)))
			return false;
		item.section = arena_alloc(a, sizeof section);
		*item.section = section;
		item.label = label_make(a, names[i].label, &item);
		*out = item;
		return true;
	}
	return false;
}

/* SP "(" "LAZY" ")" behind PREVIEW: previews are computed at delivery, all are quick */
static void skip_lazy(struct cur *in)
{
	struct cur c = *in;

	if (lex_sp(&c) && cur_take(&c, '(') && lex_word(&c, "LAZY") && cur_take(&c, ')'))
		*in = c;
}

static bool take_item(struct cur *in, struct arena *a, struct fetch_item *out)
{
	struct span word;

	if (!lex_name(in, &word))
		return false;
	if (cur_peek(in) == '[')
		return take_section_item(in, word, a, out);
	if (!take_plain(word, out) && !take_rfc822(word, a, out))
		return false;
	if (out->kind == FETCH_PREVIEW)
		skip_lazy(in);
	return true;
}

static void add_item(struct fetch_items *items, const struct fetch_item *item)
{
	for (size_t i = 0; i < items->len; i++) {
		struct fetch_item *old = &items->items[i];
		if (span_eq(old->label, item->label) && old->count == item->count) {
			old->peek = old->peek && item->peek;
			return;
		}
	}
	items->items[items->len++] = *item;
}

static bool take_macro(struct cur *in, struct fetch_items *out)
{
	static const struct {
		const char *name;
		size_t len;
	} macros[] = { { "FAST", 3 }, { "ALL", 4 }, { "FULL", 5 } };

	for (size_t i = 0; i < sizeof macros / sizeof macros[0]; i++) {
		if (!lex_word(in, macros[i].name))
			continue;
		for (size_t k = 0; k < macros[i].len; k++)
			out->items[out->len++] = (struct fetch_item){ .kind = plain_items[k].kind,
				.label = span_of(plain_items[k].name) };
		return true;
	}
	return false;
}

bool fetch_items_parse(struct cur *in, struct arena *a, struct fetch_items *out)
{
	struct cur c = *in;
	struct fetch_item item;

	out->len = 0;
	if (take_macro(in, out))
		return true;
	bool list = cur_take(&c, '(');
	do {
		if (out->len == FETCH_ITEMS_MAX || !take_item(&c, a, &item))
			return false;
		add_item(out, &item);
	} while (list && lex_sp(&c));
	if (list && !cur_take(&c, ')'))
		return false;
	*in = c;
	return true;
}

/* ------------------------------------------------------------------ modifiers */

static bool take_modifier(struct cur *in, struct fetch_modifiers *out)
{
	if (lex_word(in, "VANISHED")) {
		out->vanished = true;
		return true;
	}
	if (!out->changed_since && lex_word(in, "CHANGEDSINCE"))
		return lex_sp(in) && lex_u64(in, &out->changed_since) && out->changed_since > 0;
	return !out->partial.text.ptr && lex_word(in, "PARTIAL") && lex_sp(in) &&
		partial_range_parse(in, &out->partial);
}

bool fetch_modifiers_parse(struct cur *in, struct fetch_modifiers *out)
{
	struct cur c = *in;
	struct fetch_modifiers modifiers = { 0 };

	if (!cur_done(in)) {
		if (!lex_sp(&c) || !cur_take(&c, '('))
			return false;
		do {
			if (!take_modifier(&c, &modifiers))
				return false;
		} while (lex_sp(&c));
		if (!cur_take(&c, ')') || !cur_done(&c))
			return false;
	}
	*out = modifiers;
	*in = c;
	return true;
}
