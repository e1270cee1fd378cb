/* What concerns mailboxes as a whole: size, the exclusive POP3 session, housekeeping. */
#include "mailcore/store/store_impl.h"
#include "sql/folder.h"

enum rc mailbox_usage(struct ctx *ctx, int64_t mailbox_id, struct mailbox_usage *out)
{
	AUTO(rows_close) struct rows *r = NULL;
	enum rc rc = db_query(ctx, &SQL_MAILBOX_QUOTA, ARGS(A_I64(mailbox_id)), &r);
	if (rc == RC_OK)
		*out = (struct mailbox_usage){ .messages = row_i64(r, 0, 2),
			.size_bytes = row_i64(r, 0, 1) };
	return rc;
}

enum rc pop3_lease_take(struct ctx *ctx, int64_t mailbox_id, struct span owner, int ttl_s)
{
	int64_t changed = 0;
	enum rc rc = db_exec(ctx, &SQL_POP3_LEASE_TAKE,
		ARGS(A_I64(mailbox_id), A_TEXT(owner), A_I64(ttl_s)), &changed);
	return rc == RC_OK && changed == 0 ? RC_CONFLICT : rc;
}

void pop3_lease_drop(struct ctx *ctx, int64_t mailbox_id, struct span owner)
{
	if (db_exec(ctx, &SQL_POP3_LEASE_DROP, ARGS(A_I64(mailbox_id), A_TEXT(owner)), NULL) !=
		RC_OK)
		return; /* it runs out by itself */
}

enum rc change_log_trim(struct ctx *ctx, size_t limit, size_t *out_deleted)
{
	int64_t deleted = 0;
	enum rc rc = db_exec(ctx, &SQL_CHANGE_LOG_TRIM,
		ARGS(A_I64(CHANGE_LOG_KEPT), A_I64((int64_t)limit)), &deleted);
	if (rc == RC_OK)
		*out_deleted = (size_t)deleted;
	return rc;
}
