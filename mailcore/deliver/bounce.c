/* Notifications to senders. */
#include "mailcore/deliver/bounce.h"

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/blob/blob_reader.h"
#include "mailcore/deliver/rcpt.h"

/* ------------------------------------------------------------------------ the message */

/* Head, and body as far as DSN_RETURN_MAX. */
static enum rc read_start(
	const struct bounce_env *env, struct ctx *ctx, struct uuid blob_id, struct span *out)
{
	struct str start = str_in(ctx->arena, DSN_RETURN_MAX);
	struct blob_reader *reader;
	struct span piece;

	enum rc rc = blob_reader_open(env->blobs, ctx, blob_id, &reader);
	if (rc != RC_OK)
		return rc;
	rc = blob_reader_next(reader, &piece);
	while (rc == RC_OK && piece.len > 0 && start.len < DSN_RETURN_MAX) {
		str_add(&start, span_sub(piece, 0, DSN_RETURN_MAX - start.len));
		rc = blob_reader_next(reader, &piece);
	}
	blob_reader_close(reader);
	*out = str_span(&start);
	return rc;
}

static enum rc fill(const struct bounce_env *env, struct ctx *ctx, const struct job *job,
	enum notice notice, struct dsn *dsn)
{
	/* Of a delay or a success nobody needs more than to know which message it is. */
	dsn->return_full = job->ret == RET_FULL && notice == NOTICE_FAILED;
	enum rc rc = blob_read_head(env->blobs, ctx, job->blob_id, &dsn->head);
	if (rc == RC_OK && dsn->return_full)
		rc = read_start(env, ctx, job->blob_id, &dsn->start);
	if (rc != RC_NOT_FOUND)
		return rc;
	dsn->head = SPAN("");
	dsn->return_full = false;
	return RC_OK;
}

static enum rc write_notice(const struct bounce_env *env, struct ctx *ctx,
	const struct job_group *group, const struct verdict *verdicts, enum notice notice,
	struct str *out)
{
	const struct job *job = &group->jobs[0];
	struct dsn_rcpt *rcpts = arena_array(ctx->arena, group->len, sizeof *rcpts);
	struct dsn dsn = { .reporting_mta = span_of(env->intake->hostname),
		.to = job->mail_from,
		.envid = job->envid,
		.arrival_s = job->created_at_s,
		.now_s = ctx->now_us / USEC_PER_SEC,
		.rcpts = rcpts,
		.smtputf8 = job->smtputf8 };

	for (size_t i = 0; i < group->len; i++) {
		if (verdicts[i].notice == notice)
			rcpts[dsn.n_rcpts++] = verdicts[i].rcpt;
	}
	enum rc rc = fill(env, ctx, job, notice, &dsn);
	return rc == RC_OK ? dsn_write(ctx, &dsn, out) : rc;
}

/* ------------------------------------------------------------------------ to whom */

static enum rc find_sender(struct ctx *ctx, struct span sender, struct recipients *out)
{
	size_t at = span_rfind(sender, '@');
	struct span local = span_sub(sender, 0, at), domain = span_from(sender, at + 1);
	struct err err;

	if (at == SPAN_NPOS)
		return RC_NOT_FOUND;
	enum rc rc = rcpt_unwind(ctx, local, domain, out, &err);
	if (rc == RC_INVALID)
		rc = recipient_resolve(ctx, local, domain, out, &err);
	if (rc == RC_DENIED) {
		rcpt_outside(ctx, sender, out);
		return RC_OK;
	}
	return rc == RC_OK || rc == RC_TEMP ? rc : RC_NOT_FOUND;
}

static enum rc hand_in(const struct bounce_env *env, struct ctx *ctx, const struct job *job,
	const struct recipients *to, struct span message, const struct bounce_also *also)
{
	/* Whose queue it is in, when it must leave. */
	struct mailbox_ref owner = { .account_id = job->account_id, .domain_id = job->domain_id };
	struct intake_source source = { .internal = true,
		.sender = &owner,
		.mail_from = SPAN(""),
		.smtputf8 = job->smtputf8,
		.also = also->stmt,
		.also_args = also->args,
		.n_also_args = also->n_args };
	struct intake *in = intake_open(env->intake, ctx, &source);
	struct err err = { 0 };
	struct uuid id;

	for (size_t i = 0; i < to->len; i++)
		intake_add_rcpt(in, &to->items[i]);
	enum rc rc = intake_write(in, message);
	if (rc != RC_OK) {
		intake_abort(in);
		return rc == RC_TEMP ? rc : RC_NOT_FOUND;
	}
	rc = intake_commit(in, ctx, &id, &err);
	return rc == RC_OK || rc == RC_TEMP ? rc : RC_NOT_FOUND;
}

enum rc bounce_send(const struct bounce_env *env, struct ctx *ctx, const struct job_group *group,
	const struct verdict *verdicts, enum notice notice, const struct bounce_also *also)
{
	const struct job *job = &group->jobs[0];
	struct str message = str_in(ctx->arena, DSN_MAX);
	struct recipients to;

	ASSERT(job->mail_from.len > 0);
	enum rc rc = find_sender(ctx, job->mail_from, &to);
	if (rc == RC_OK)
		rc = write_notice(env, ctx, group, verdicts, notice, &message);
	if (rc == RC_OK && !str_ok(&message))
		rc = RC_NOT_FOUND;
	if (rc == RC_OK)
		rc = hand_in(env, ctx, job, &to, str_span(&message), also);
	if (rc != RC_OK)
		log_warn("bounce.failed", "to=%s rc=%s", log_text(ctx->arena, job->mail_from),
			rc_name(rc));
	return rc == RC_INVALID ? RC_NOT_FOUND : rc;
}
