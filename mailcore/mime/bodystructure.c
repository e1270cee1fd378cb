/* IMAP BODY and BODYSTRUCTURE. */
#include "mailcore/mime/bodystructure.h"

#include "mailcore/base/utf8.h"
#include "mailcore/mime/charset.h"
#include "mailcore/mime/envelope.h"
#include "mailcore/mime/part.h"

static void add_number(struct str *out, size_t n)
{
	str_add_c(out, ' ');
	str_add_u64(out, n > UINT32_MAX ? UINT32_MAX : n);
}

/* RFC 2231 ext-octets, with the charset in front. */
static void add_percent(struct str *out, struct span utf8)
{
	str_add(out, SPAN("\"UTF-8''"));
	for (size_t i = 0; i < utf8.len; i++) {
		unsigned char c = (unsigned char)utf8.ptr[i];
		bool plain = ascii_is_alpha((char)c) || ascii_is_digit((char)c) || c == '.' ||
			c == '-' || c == '_';
		if (plain)
			str_add_c(out, (char)c);
		else
			str_addf(out, "%%%02X", c);
	}
	str_add_c(out, '"');
}

static void add_param(struct str *out, const struct mime_param *param)
{
	if (utf8_is_ascii(param->value)) {
		imap_text_add(out, param->name);
		str_add_c(out, ' ');
		imap_text_add(out, param->value);
		return;
	}
	struct str text;
	str_init(&text, SIZE_MAX / 2);
	str_add(&text, param->name);
	str_add_c(&text, '*');
	imap_text_add(out, str_span(&text));
	str_add_c(out, ' ');
	str_clear(&text);
	charset_guess_to_utf8(&text, param->value);
	add_percent(out, str_span(&text));
	str_done(&text);
}

/* body-fld-param = "(" string SP string *(SP string SP string) ")" / nil */
static void add_params(struct str *out, const struct mime_params *params)
{
	if (params->len == 0) {
		str_add(out, SPAN("NIL"));
		return;
	}
	for (size_t i = 0; i < params->len; i++) {
		str_add_c(out, i == 0 ? '(' : ' ');
		add_param(out, &params->items[i]);
	}
	str_add_c(out, ')');
}

/* body-fld-lang = nstring / "(" string *(SP string) ")" */
static void add_language(struct str *out, struct span value)
{
	struct span rest = value, tag;
	size_t n = 0;

	while (span_split(&rest, ',', &tag)) {
		tag = span_trim(tag);
		if (tag.len == 0)
			continue;
		str_add_c(out, n++ == 0 ? '(' : ' ');
		imap_text_add(out, tag);
	}
	str_add_cstr(out, n > 0 ? ")" : "NIL");
}

/* body-fld-dsp SP body-fld-lang SP body-fld-loc */
static void add_disposition_and_on(struct str *out, const struct part *p)
{
	str_add_c(out, ' ');
	if (p->disposition.kind.ptr) {
		str_add_c(out, '(');
		imap_text_add(out, p->disposition.kind);
		str_add_c(out, ' ');
		add_params(out, &p->disposition.params);
		str_add_c(out, ')');
	} else {
		str_add(out, SPAN("NIL"));
	}
	str_add_c(out, ' ');
	add_language(out, p->language);
	str_add_c(out, ' ');
	imap_ntext_add(out, p->location);
}

/* Text that names no charset is US-ASCII (RFC 2046 §4.1.2), and clients want to read so. */
static void add_type_params(struct str *out, const struct part *p)
{
	bool text = span_eq(p->type, SPAN("text"));

	if (text && p->params.len == 0)
		str_add(out, SPAN("(\"charset\" \"us-ascii\")"));
	else
		add_params(out, &p->params);
}

/* media-basic and body-fields: what every leaf begins with */
static void add_fields(struct str *out, const struct part *p)
{
	imap_text_add(out, p->type);
	str_add_c(out, ' ');
	/* Clients of IMAP4rev1 know the fields of an embedded message by this name only. */
	imap_text_add(out, p->kind == PART_MESSAGE ? SPAN("rfc822") : p->subtype);
	str_add_c(out, ' ');
	add_type_params(out, p);
	str_add_c(out, ' ');
	imap_ntext_add(out, p->id);
	str_add_c(out, ' ');
	imap_ntext_add(out, p->description);
	str_add_c(out, ' ');
	imap_text_add(out, p->encoding);
	add_number(out, p->body.len);
}

static void add_leaf_end(struct str *out, const struct part *p, bool extended)
{
	if (!extended)
		return;
	str_add_c(out, ' ');
	imap_ntext_add(out, p->md5);
	add_disposition_and_on(out, p);
}

/* Goes as deep as the tree: PART_DEPTH_MAX and one. */
static void add_part(struct str *out, const struct part *p, bool extended)
{
	str_add_c(out, '(');
	switch (p->kind) {
	case PART_MULTIPART:
		for (const struct part *child = p->children; child; child = child->next)
			add_part(out, child, extended);
		str_add_c(out, ' ');
		imap_text_add(out, p->subtype);
		if (extended) {
			str_add_c(out, ' ');
			add_params(out, &p->params);
			add_disposition_and_on(out, p);
		}
		break;
	case PART_MESSAGE:
		add_fields(out, p);
		str_add_c(out, ' ');
		envelope_add(out, p->children->header);
		str_add_c(out, ' ');
		add_part(out, p->children, extended);
		add_number(out, p->lines);
		add_leaf_end(out, p, extended);
		break;
	case PART_LEAF:
		add_fields(out, p);
		if (span_eq(p->type, SPAN("text")))
			add_number(out, p->lines);
		add_leaf_end(out, p, extended);
		break;
	}
	str_add_c(out, ')');
}

void bodystructure_add(struct str *out, const struct part *root, bool extended)
{
	add_part(out, root, extended);
}
