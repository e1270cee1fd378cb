/* IMAP ENVELOPE. */
#include "mailcore/mime/envelope.h"

#include "mailcore/base/utf8.h"
#include "mailcore/mime/address.h"
#include "mailcore/mime/charset.h"
#include "mailcore/mime/encoded_word.h"
#include "mailcore/mime/header.h"

static void quoted_add(struct str *out, struct span ascii)
{
	str_add_c(out, '"');
	for (size_t i = 0; i < ascii.len; i++) {
		char c = ascii.ptr[i];
		if (c == '"' || c == '\\')
			str_add_c(out, '\\');
		str_add_c(out, c < ' ' || c == 0x7F ? ' ' : c);
	}
	str_add_c(out, '"');
}

void imap_text_add(struct str *out, struct span text)
{
	if (utf8_is_ascii(text)) {
		quoted_add(out, text);
		return;
	}
	struct str utf8, encoded;
	str_init(&utf8, 3 * text.len);
	str_init(&encoded, SIZE_MAX / 2);
	charset_guess_to_utf8(&utf8, text);
	encoded_word_add(&encoded, str_span(&utf8));
	quoted_add(out, str_span(&encoded));
	str_done(&encoded);
	str_done(&utf8);
}

void imap_ntext_add(struct str *out, struct span text)
{
	if (text.ptr)
		imap_text_add(out, text);
	else
		str_add(out, SPAN("NIL"));
}

/* env-* = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")" */
static void add_address(struct str *out, const struct address *address)
{
	switch (address->kind) {
	case ADDRESS_GROUP_BEGIN:
		str_add(out, SPAN("(NIL NIL "));
		imap_text_add(out, address->raw_name);
		str_add(out, SPAN(" NIL)"));
		return;
	case ADDRESS_GROUP_END:
		str_add(out, SPAN("(NIL NIL NIL NIL)"));
		return;
	case ADDRESS_MAILBOX:
		str_add_c(out, '(');
		imap_ntext_add(out, address->raw_name);
		str_add(out, SPAN(" NIL "));
		imap_text_add(out, address->local);
		str_add_c(out, ' ');
		imap_text_add(out, address->domain); /* "" when missing: NIL would be a group */
		str_add_c(out, ')');
		return;
	}
}

/* All fields of the name, joined. False, and nothing added, when there is no address in them. */
static bool add_addresses(struct str *out, struct arena *a, struct span block, struct span name)
{
	struct cur c = cur_of(block);
	struct header_field field;
	size_t count = 0;

	while (count < ADDRESS_COUNT_MAX && header_next_named(&c, name, &field)) {
		struct address_list list;
		address_list_parse(a, field.value, &list);
		for (size_t i = 0; i < list.len; i++) {
			if (count++ == 0)
				str_add_c(out, '(');
			add_address(out, &list.items[i]);
		}
	}
	if (count > 0)
		str_add_c(out, ')');
	return count > 0;
}

static void add_addresses_or(
	struct str *out, struct arena *a, struct span block, struct span name, struct span fallback)
{
	str_add_c(out, ' ');
	if (!add_addresses(out, a, block, name) &&
		(fallback.len == 0 || !add_addresses(out, a, block, fallback)))
		str_add(out, SPAN("NIL"));
}

static void add_line(struct str *out, struct arena *a, struct span block, struct span name)
{
	struct header_field field;

	if (header_find(block, name, &field))
		imap_text_add(out, header_unfold(a, field.value));
	else
		str_add(out, SPAN("NIL"));
}

void envelope_add(struct str *out, struct span header_block)
{
	struct span block = span_sub(header_block, 0, HEADER_BLOCK_MAX);
	struct arena a;

	arena_init(&a, 4096);
	str_add_c(out, '(');
	add_line(out, &a, block, SPAN("Date"));
	str_add_c(out, ' ');
	add_line(out, &a, block, SPAN("Subject"));
	add_addresses_or(out, &a, block, SPAN("From"), SPAN_NONE);
	add_addresses_or(out, &a, block, SPAN("Sender"), SPAN("From"));
	add_addresses_or(out, &a, block, SPAN("Reply-To"), SPAN("From"));
	add_addresses_or(out, &a, block, SPAN("To"), SPAN_NONE);
	add_addresses_or(out, &a, block, SPAN("Cc"), SPAN_NONE);
	add_addresses_or(out, &a, block, SPAN("Bcc"), SPAN_NONE);
	str_add_c(out, ' ');
	add_line(out, &a, block, SPAN("In-Reply-To"));
	str_add_c(out, ' ');
	add_line(out, &a, block, SPAN("Message-ID"));
	str_add_c(out, ')');
	arena_done(&a);
}
