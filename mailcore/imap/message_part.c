/* One message being looked into: see message_part.h. */
#include "mailcore/imap/message_part.h"

#include "mailcore/mime/header.h"
#include "mailcore/mime/text.h"

const struct part *open_message_root(struct open_message *m)
{
	if (!m->root)
		m->root = mime_parse(m->a, m->bytes);
	return m->root;
}

/* The usual ones need no tree: the whole message, its header, its text. */
static bool whole_message_section(struct open_message *m, enum section_kind kind, struct span *out)
{
	size_t head = kind == SECTION_ALL ? 0 : header_block_len(m->bytes);

	*out = kind == SECTION_HEADER ? span_sub(m->bytes, 0, head) : span_from(m->bytes, head);
	return true;
}

bool open_message_section(struct open_message *m, const struct section *section, struct span *out)
{
	struct span bytes;
	bool found = section->n_path ? part_section(open_message_root(m), section->path,
					       section->n_path, section->kind, &bytes)
				     : whole_message_section(m, section->kind, &bytes);

	if (!found)
		return false;
	if (section->fields) {
		struct str fields = str_in(m->a, bytes.len + 2);
		header_fields_add(
			&fields, bytes, section->names, section->n_names, section->fields_not);
		bytes = str_span(&fields);
	}
	*out = bytes;
	return true;
}

enum rc open_message_binary(struct open_message *m, const struct section *section, struct span *out)
{
	if (!section->n_path) {
		*out = m->bytes;
		return RC_OK;
	}
	const struct part *part = part_find(open_message_root(m), section->path, section->n_path);
	if (!part)
		return RC_NOT_FOUND;
	struct str decoded = str_in(m->a, 2 * part->body.len + 16);
	if (!part_decode(&decoded, part))
		return RC_INVALID;
	*out = str_span(&decoded);
	return RC_OK;
}
