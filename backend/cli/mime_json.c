/* What the message parsers see, as JSON. */
#include "backend/cli/mime_json.h"

#include <cjson/cJSON.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/str.h"
#include "mailcore/mime/address.h"
#include "mailcore/mime/charset.h"
#include "mailcore/mime/content_type.h"
#include "mailcore/mime/date.h"
#include "mailcore/mime/header.h"
#include "mailcore/mime/part.h"
#include "mailcore/mime/text.h"

/* Null when there is none; else valid UTF-8. */
static cJSON *text_json(struct arena *a, struct span text)
{
	if (!text.ptr)
		return cJSON_CreateNull();
	struct str utf8 = str_in(a, 3 * text.len);
	charset_guess_to_utf8(&utf8, text);
	return cJSON_CreateString(str_cstr(&utf8));
}

static cJSON *number_json(size_t n)
{
	return cJSON_CreateNumber((double)n);
}

static cJSON *type_json(struct arena *a, struct span type, struct span subtype)
{
	return text_json(
		a, arena_printf(a, SPAN_FMT "/" SPAN_FMT, SPAN_ARG(type), SPAN_ARG(subtype)));
}

static cJSON *params_json(struct arena *a, const struct mime_params *params)
{
	cJSON *out = cJSON_CreateObject();

	for (size_t i = 0; i < params->len; i++) {
		const struct mime_param *p = &params->items[i];
		struct str name = str_in(a, 3 * p->name.len);
		charset_guess_to_utf8(&name, p->name);
		cJSON_AddItemToObject(out, str_cstr(&name), text_json(a, p->value));
	}
	return out;
}

static void add_addresses(cJSON *out, struct arena *a, struct span value)
{
	struct address_list list;

	address_list_parse(a, value, &list);
	for (size_t i = 0; i < list.len; i++) {
		const struct address *address = &list.items[i];
		if (address->kind != ADDRESS_MAILBOX)
			continue;
		struct str spec = str_in(a, 2 * value.len + 8);
		address_add_spec(&spec, address);
		cJSON *pair = cJSON_CreateArray();
		cJSON_AddItemToArray(pair, text_json(a, address->name));
		cJSON_AddItemToArray(pair, text_json(a, str_span(&spec)));
		cJSON_AddItemToArray(out, pair);
	}
}

/* --- the envelope: as people read it --- */

static cJSON *field_addresses(struct arena *a, struct span block, const char *name)
{
	struct cur c = cur_of(block);
	struct header_field field;
	cJSON *out = cJSON_CreateArray();

	while (header_next_named(&c, span_of(name), &field))
		add_addresses(out, a, field.value);
	return out;
}

static cJSON *envelope_json(struct arena *a, struct span header)
{
	static const struct {
		const char *key;
		const char *name;
		bool addresses;
	} fields[] = {
		{ "date", "Date", false },
		{ "subject", "Subject", false },
		{ "from", "From", true },
		{ "sender", "Sender", true },
		{ "reply_to", "Reply-To", true },
		{ "to", "To", true },
		{ "cc", "Cc", true },
		{ "bcc", "Bcc", true },
		{ "in_reply_to", "In-Reply-To", false },
		{ "message_id", "Message-ID", false },
	};
	struct span block = span_sub(header, 0, HEADER_BLOCK_MAX);
	cJSON *out = cJSON_CreateObject();

	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		const char *name = fields[i].name;
		cJSON *value = fields[i].addresses
			? field_addresses(a, block, name)
			: text_json(a, header_text_of(a, block, span_of(name)));
		cJSON_AddItemToObject(out, fields[i].key, value);
	}
	return out;
}

/* --- the tree --- */

/* Goes as deep as the tree: PART_DEPTH_MAX and one. */
static cJSON *part_json(struct arena *a, const struct part *p)
{
	cJSON *out = cJSON_CreateObject();
	cJSON *children = cJSON_CreateArray();
	struct span filename = part_filename(a, p);

	cJSON_AddItemToObject(out, "type", type_json(a, p->type, p->subtype));
	cJSON_AddItemToObject(out, "params", params_json(a, &p->params));
	cJSON_AddItemToObject(out, "encoding", text_json(a, p->encoding));
	cJSON_AddItemToObject(out, "size", number_json(p->body.len));
	cJSON_AddItemToObject(out, "lines", number_json(p->lines));
	cJSON_AddItemToObject(out, "offset", number_json(p->body_offset));
	cJSON_AddItemToObject(out, "header_offset", number_json(p->header_offset));
	if (p->disposition.kind.ptr)
		cJSON_AddItemToObject(out, "disposition", text_json(a, p->disposition.kind));
	if (filename.ptr)
		cJSON_AddItemToObject(out, "filename", text_json(a, filename));
	if (p->opaque)
		cJSON_AddItemToObject(out, "opaque", cJSON_CreateTrue());
	for (const struct part *child = p->children; child; child = child->next)
		cJSON_AddItemToArray(children, part_json(a, child));
	cJSON_AddItemToObject(out, "children", children);
	if (!p->parent || p->parent->kind == PART_MESSAGE)
		cJSON_AddItemToObject(out, "envelope", envelope_json(a, p->header));
	return out;
}

cJSON *mime_json(struct span message)
{
	struct arena a;

	arena_init(&a, 1 << 16);
	cJSON *out = part_json(&a, mime_parse(&a, message));
	arena_done(&a);
	return out;
}

cJSON *content_type_json(struct span value)
{
	cJSON *out = cJSON_CreateObject();
	struct content_type type = { 0 };
	struct arena a;

	arena_init(&a, 4096);
	bool ok = content_type_parse(&a, value, &type);
	cJSON_AddItemToObject(
		out, "type", ok ? type_json(&a, type.type, type.subtype) : cJSON_CreateNull());
	cJSON_AddItemToObject(out, "params", params_json(&a, &type.params));
	arena_done(&a);
	return out;
}

cJSON *date_json(struct span value)
{
	cJSON *out = cJSON_CreateObject();
	struct date date;
	bool ok = date_parse(value, &date);

	cJSON_AddItemToObject(
		out, "time", ok ? cJSON_CreateNumber((double)date.utc_s) : cJSON_CreateNull());
	return out;
}

cJSON *addresses_json(struct span value)
{
	cJSON *out = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(out, "addresses");
	struct arena a;

	arena_init(&a, 4096);
	add_addresses(list, &a, value);
	arena_done(&a);
	return out;
}
