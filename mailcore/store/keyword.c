/*
 * Keywords of a folder: names in folder.keywords, whose position is the bit in message.keywords.
 * Names are only appended, so a bit never changes its meaning; compared without case, the first
 * spelling stays.
 */
#include "mailcore/store/store_impl.h"
#include "sql/folder.h"

void keyword_table_read(
	struct keyword_table *t, const struct rows *r, size_t row, unsigned col, struct arena *a)
{
	struct span *names = NULL;
	size_t n = row_texts(r, row, col, a, &names);
	t->len = n < KEYWORDS_MAX ? n : KEYWORDS_MAX;
	t->known = t->len;
	for (size_t i = 0; i < t->len; i++)
		t->names[i] = arena_span(a, names[i]);
}

/* RFC 9051: flag-keyword = "$..." / atom */
static bool is_keyword(struct span name)
{
	if (name.len == 0 || name.len > KEYWORD_LEN_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		if (c <= ' ' || c > '~' || strchr("(){%*\"\\]", c))
			return false;
	}
	return true;
}

bool keyword_bit(struct keyword_table *t, struct span name, uint64_t *out)
{
	size_t i = 0;
	while (i < t->len && !span_ieq(t->names[i], name))
		i++;
	if (i == t->len) {
		if (t->len == KEYWORDS_MAX || !is_keyword(name))
			return false;
		t->names[t->len++] = name;
	}
	*out = UINT64_C(1) << i;
	return true;
}

enum rc keyword_table_save(
	struct ctx *ctx, int64_t mailbox_id, int64_t folder_id, const struct keyword_table *t)
{
	if (t->len == t->known)
		return RC_OK;
	return db_exec(ctx, &SQL_FOLDER_ADD_KEYWORDS,
		ARGS(A_I64(mailbox_id), A_I64(folder_id),
			A_ARRAY(ARG_TEXTS, t->names + t->known, t->len - t->known)),
		NULL);
}
