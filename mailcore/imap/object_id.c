/* Ids for clients: see object_id.h. */
#include "mailcore/imap/object_id.h"

static void add_uuid(struct str *out, char kind, struct uuid id)
{
	str_add_c(out, '(');
	str_add_c(out, kind);
	uuid_add(out, id);
	str_add_c(out, ')');
}

void object_id_add_email(struct str *out, struct uuid blob_id)
{
	add_uuid(out, 'M', blob_id);
}

void object_id_add_thread(struct str *out, struct uuid thread_id)
{
	add_uuid(out, 'T', thread_id);
}

void object_id_add_folder(struct str *out, int64_t folder_id)
{
	str_addf(out, "(F%lld)", (long long)folder_id);
}

static bool is_uuid(struct span text, char kind, struct uuid id)
{
	struct uuid named;

	return text.len > 1 && text.ptr[0] == kind && uuid_parse(span_from(text, 1), &named) &&
		uuid_eq(named, id);
}

bool object_id_is_email(struct span text, struct uuid blob_id)
{
	return is_uuid(text, 'M', blob_id);
}

bool object_id_is_thread(struct span text, struct uuid thread_id)
{
	return is_uuid(text, 'T', thread_id);
}
