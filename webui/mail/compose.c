/* Starting a reply or a forward: see compose.h. */
#include "webui/mail/compose.h"

#include "mailcore/mime/address.h"
#include "mailcore/mime/date.h"
#include "mailcore/mime/header.h"
#include "mailcore/mime/part.h"
#include "mailcore/mime/text.h"
#include "webui/view/format.h"
#include "webui/view/words.h"

#define LINE_MAX_BYTES 65536
#define QUOTE_MAX      (1u << 20)

static struct address_list addresses_of(struct arena *a, struct span header, const char *name)
{
	struct address_list list = { 0 };
	struct header_field field;
	if (header_find(header, span_of(name), &field))
		address_list_parse(a, header_unfold(a, field.value), &list);
	return list;
}

static struct span spec_of(struct arena *a, const struct address *address)
{
	struct str out = str_in(a, 1024);
	address_add_spec(&out, address);
	return str_span(&out);
}

/* Appends those of the list that are neither `me` nor there already. */
static void people_add(
	struct arena *a, struct str *out, const struct address_list *list, struct span me)
{
	for (size_t i = 0; i < list->len; i++) {
		if (list->items[i].kind != ADDRESS_MAILBOX)
			continue;
		struct span spec = spec_of(a, &list->items[i]);
		if (span_ieq(spec, me) || span_ifind_span(str_span(out), spec) != SPAN_NPOS)
			continue;
		if (out->len > 0)
			str_add_cstr(out, ", ");
		str_add(out, spec);
	}
}

static struct span subject_of(struct arena *a, struct span header, struct span prefix)
{
	struct span subject = span_trim(header_text_of(a, header, SPAN("Subject")));
	if (span_istarts(subject, prefix))
		return subject;
	return arena_printf(a, SPAN_FMT " " SPAN_FMT, SPAN_ARG(prefix), SPAN_ARG(subject));
}

static struct span body_of(struct arena *a, const struct part *root)
{
	struct str out = str_in(a, QUOTE_MAX);
	const struct part *text = mime_find_text(root, false);
	if (text) {
		part_text_add(&out, text);
	} else {
		const struct part *html = mime_find_text(root, true);
		struct str source = str_in(a, QUOTE_MAX * 4);
		if (html)
			part_text_add(&source, html);
		html_text_add(&out, str_span(&source), QUOTE_MAX / 2);
	}
	return str_ok(&out) ? str_span(&out) : SPAN("");
}

static struct span date_of(struct arena *a, struct span header)
{
	struct header_field field;
	struct date date;
	if (!header_find(header, SPAN("Date"), &field) || !date_parse(field.value, &date))
		return SPAN("?");
	return format_time(a, date.utc_s);
}

static struct span author_of(struct arena *a, struct span header)
{
	struct address_list from = addresses_of(a, header, "From");
	const struct address *author = address_first(&from);
	if (!author)
		return words(W_NO_SENDER);
	return author->name.len > 0 ? author->name : spec_of(a, author);
}

static struct span quoted(struct arena *a, const struct part *root)
{
	struct str out = str_in(a, QUOTE_MAX * 3);
	struct words_arg args[] = { { "date", date_of(a, root->header) },
		{ "name", author_of(a, root->header) } };
	str_add_cstr(&out, "\n\n");
	str_add(&out, words_fill(a, W_QUOTE_INTRO, args, 2));
	str_add_c(&out, '\n');
	struct span rest = span_trim(body_of(a, root)), line;
	while (span_split(&rest, '\n', &line)) {
		bool quote = line.len > 0 && line.ptr[0] == '>';
		str_add_cstr(&out, quote ? ">" : "> ");
		str_add(&out, line);
		str_add_c(&out, '\n');
	}
	return str_span(&out);
}

static void forwarded_field(struct arena *a, struct str *out, struct span header, const char *name)
{
	struct span value = header_text_of(a, header, span_of(name));
	if (value.len == 0)
		return;
	str_addf(out, "%s: ", name);
	str_add(out, value);
	str_add_c(out, '\n');
}

static struct span forwarded(struct arena *a, const struct part *root)
{
	struct str out = str_in(a, QUOTE_MAX * 3);
	str_add_cstr(&out, "\n\n");
	str_add(&out, words(W_FORWARD_INTRO));
	str_add_c(&out, '\n');
	forwarded_field(a, &out, root->header, "From");
	forwarded_field(a, &out, root->header, "Date");
	forwarded_field(a, &out, root->header, "To");
	forwarded_field(a, &out, root->header, "Subject");
	str_add_c(&out, '\n');
	str_add(&out, body_of(a, root));
	return str_span(&out);
}

static void reply_people(
	struct arena *a, struct span header, struct span me, bool all, struct draft *out)
{
	struct str to = str_in(a, LINE_MAX_BYTES), cc = str_in(a, LINE_MAX_BYTES);
	struct address_list author = addresses_of(a, header, "Reply-To");
	if (!address_first(&author))
		author = addresses_of(a, header, "From");
	struct address_list others = addresses_of(a, header, "To");
	struct address_list copies = addresses_of(a, header, "Cc");
	people_add(a, &to, &author, SPAN(""));
	if (all) {
		people_add(a, &to, &others, me);
		people_add(a, &cc, &copies, me);
	}
	out->to = str_span(&to);
	out->cc = str_span(&cc);
}

/* Names and all: what was typed comes back. */
static struct span people_of(struct arena *a, struct span header, const char *name)
{
	struct address_list list = addresses_of(a, header, name);
	struct str out = str_in(a, LINE_MAX_BYTES);

	for (size_t i = 0; i < list.len; i++) {
		const struct address *address = &list.items[i];
		if (address->kind != ADDRESS_MAILBOX)
			continue;
		if (out.len > 0)
			str_add_cstr(&out, ", ");
		if (address->name.len > 0)
			str_addf(&out, "\"" SPAN_FMT "\" <", SPAN_ARG(address->name));
		str_add(&out, spec_of(a, address));
		if (address->name.len > 0)
			str_add_c(&out, '>');
	}
	return str_span(&out);
}

static void go_on(struct arena *a, const struct part *root, struct draft *out)
{
	out->to = people_of(a, root->header, "To");
	out->cc = people_of(a, root->header, "Cc");
	out->subject = header_text_of(a, root->header, SPAN("Subject"));
	out->text = body_of(a, root);
}

void compose_start(struct arena *a, enum compose_mode mode, struct span message, struct span me,
	struct draft *out)
{
	*out = (struct draft){ SPAN(""), SPAN(""), SPAN(""), SPAN("") };
	if (mode == COMPOSE_NEW)
		return;
	const struct part *root = mime_parse(a, message);
	if (mode == COMPOSE_EDIT) {
		go_on(a, root, out);
		return;
	}
	if (mode == COMPOSE_FORWARD) {
		out->subject = subject_of(a, root->header, SPAN("Fwd:"));
		out->text = forwarded(a, root);
		return;
	}
	out->subject = subject_of(a, root->header, SPAN("Re:"));
	out->text = quoted(a, root);
	reply_people(a, root->header, me, mode == COMPOSE_REPLY_ALL, out);
}

size_t compose_references(struct arena *a, struct span message,
	struct span out[COMPOSE_REFERENCES_MAX], struct span *out_reply_to)
{
	struct header_field field;
	size_t n = 0;
	struct span header = span_sub(message, 0, header_block_len(message));
	if (header_find(header, SPAN("References"), &field))
		n = message_ids_parse(a, field.value, out, COMPOSE_REFERENCES_MAX - 1);
	*out_reply_to = SPAN("");
	if (header_find(header, SPAN("Message-ID"), &field) &&
		message_ids_parse(a, field.value, out_reply_to, 1) == 1)
		out[n++] = *out_reply_to;
	return n;
}

size_t compose_references_kept(struct arena *a, struct span draft,
	struct span out[COMPOSE_REFERENCES_MAX], struct span *out_reply_to)
{
	struct header_field field;
	struct span header = span_sub(draft, 0, header_block_len(draft));

	*out_reply_to = SPAN("");
	if (header_find(header, SPAN("In-Reply-To"), &field))
		(void)message_ids_parse(a, field.value, out_reply_to, 1);
	if (!header_find(header, SPAN("References"), &field))
		return 0;
	return message_ids_parse(a, field.value, out, COMPOSE_REFERENCES_MAX);
}
