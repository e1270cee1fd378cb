/* \Recent (RFC 3501 section 2.3.2): each message is recent for exactly one session. */
#include "mailcore/store/store_impl.h"
#include "sql/folder.h"

enum rc folder_claim_recent(struct store *s, struct ctx *ctx, int64_t mailbox_id, int64_t folder_id,
	int64_t *out_first_recent_uid)
{
	AUTO(rows_close) struct rows *r = NULL;
	enum rc rc = db_query(
		ctx, &SQL_FOLDER_CLAIM_RECENT, ARGS(A_I64(mailbox_id), A_I64(folder_id)), &r);
	if (rc != RC_OK)
		return rc;
	if (rows_len(r) == 0)
		return RC_NOT_FOUND;
	*out_first_recent_uid = row_i64(r, 0, 0);
	return RC_OK;
}
