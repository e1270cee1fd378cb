/* Reading the index of a folder: see search_index.h. */
#include <zstd.h>

#include "mailcore/base/log.h"
#include "mailcore/mime/search_text.h"
#include "mailcore/store/search_index.h"
#include "mailcore/store/store_impl.h"
#include "mailcore/store/uidset.h"
#include "sql/search.h"

static bool unpack_stream(struct arena *a, struct span packed, int64_t size, struct span *out)
{
	if (size < 0 || (uint64_t)size > WORDS_STREAM_MAX)
		return false;
	char *bytes = arena_alloc(a, (size_t)size);
	size_t len = ZSTD_decompress(bytes, (size_t)size, packed.ptr, packed.len);
	*out = span_make(bytes, (size_t)size);
	return !ZSTD_isError(len) && len == (size_t)size;
}

static bool unpack(
	struct arena *a, const struct rows *r, bool head, bool body, struct search_segment *out)
{
	struct uidset set;

	if (!uidset_unpack(a, row_bytes(r, 0, 1), &set) || uidset_count(&set) > WORDS_DOCS_MAX)
		return false;
	out->n = uidset_count(&set);
	out->uids = uidset_list(a, &set);
	return (!head || unpack_stream(a, row_bytes(r, 0, 2), row_i64(r, 0, 4), &out->head)) &&
		(!body || unpack_stream(a, row_bytes(r, 0, 3), row_i64(r, 0, 5), &out->body));
}

enum rc search_segment_next(struct store *s, struct ctx *ctx, int64_t mailbox_id, int64_t folder_id,
	uint32_t from_uid, bool head, bool body, struct search_segment *out)
{
	AUTO(rows_close) struct rows *r = NULL;
	struct search_segment found = { 0 };
	enum rc rc = db_query(ctx, &SQL_SEARCH_SEGMENT_NEXT,
		ARGS(A_I64(mailbox_id), A_I64(folder_id), A_I64(from_uid),
			A_I64(SEARCH_TEXT_VERSION), A_BOOL(head), A_BOOL(body)),
		&r);

	(void)s;
	if (rc != RC_OK)
		return rc;
	if (rows_len(r) == 0)
		return RC_NOT_FOUND;
	found.last_uid = (uint32_t)row_i64(r, 0, 0);
	if (!unpack(ctx->arena, r, head, body, &found)) {
		log_warn("search.segment", "mailbox=%lld folder=%lld last_uid=%lu error=damaged",
			(long long)mailbox_id, (long long)folder_id, (unsigned long)found.last_uid);
		found.n = 0;
		rc = RC_INVALID;
	}
	*out = found;
	return rc;
}
