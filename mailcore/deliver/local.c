/* Jobs that do not leave this server. */
#include "mailcore/deliver/local.h"

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/deliver/head.h"
#include "mailcore/mime/header.h"
#include "mailcore/queue/outbox.h"

bool local_is(const struct job_group *group)
{
	struct span to = group->jobs[0].destination;

	return span_eq(to, SPAN(QUEUE_LOCAL)) || span_eq(to, SPAN(QUEUE_SENT));
}

/* ------------------------------------------------------------------------ bytes */

enum rc local_read_own(struct store *store, struct ctx *ctx, struct uuid blob_id, struct span *out)
{
	struct span bytes;
	enum rc rc = blob_read(store_blobs(store), ctx, blob_id, &bytes);

	if (rc != RC_OK)
		return rc;
	size_t len = header_block_len(bytes);
	struct str own = str_in(ctx->arena, bytes.len);
	head_add_own(&own, span_sub(bytes, 0, len));
	str_add(&own, span_from(bytes, len));
	*out = str_span(&own);
	return str_ok(&own) ? RC_OK : RC_TEMP;
}

static enum rc read_again(const struct intake_env *env, struct ctx *ctx, const struct job *job,
	bool own, struct prepared **out)
{
	struct span bytes;
	enum rc rc = own ? local_read_own(env->store, ctx, job->blob_id, &bytes)
			 : blob_read(store_blobs(env->store), ctx, job->blob_id, &bytes);

	if (rc == RC_OK)
		rc = message_prepare(env->store, ctx->arena, uuid_make(ctx->now_us), bytes, out);
	return rc;
}

/* ------------------------------------------------------------------------ results */

static struct remote_result later(void)
{
	return (struct remote_result){ .outcome = OUTCOME_LATER,
		.status = SPAN("4.3.0"),
		.reply = SPAN("This server cannot store the message at present."),
		.text = SPAN("This server cannot store the message at present."),
		.advice = SPAN("Nothing has to be done: it is tried again.") };
}

static struct remote_result full(void)
{
	return (struct remote_result){ .outcome = OUTCOME_LATER,
		.status = SPAN("4.2.2"),
		.reply = SPAN("The mailbox is full."),
		.text = SPAN("The mailbox is full."),
		.advice = SPAN("The recipient has to make room. Please reach them another way.") };
}

static struct remote_result refused(void)
{
	return (struct remote_result){ .outcome = OUTCOME_FAILED,
		.status = SPAN("5.1.1"),
		.reply = SPAN("There is no such mailbox here any more."),
		.text = SPAN("There is no such mailbox here any more."),
		.advice =
			SPAN("The address existed when the message was written. Please ask for the"
			     " new one.") };
}

static struct remote_result stored(struct arena *a, const struct job *job)
{
	return (struct remote_result){ .outcome = OUTCOME_SENT,
		.status = SPAN("2.0.0"),
		.reply = SPAN("250 2.0.0 Stored"),
		.text = arena_printf(
			a, "Stored in the inbox of " SPAN_FMT ".", SPAN_ARG(job->rcpt)) };
}

static struct remote_result result_of(struct arena *a, const struct job *job, enum rc rc)
{
	switch (rc) {
	case RC_OK:
		return stored(a, job);
	case RC_LIMIT:
		return full();
	case RC_NOT_FOUND:
	case RC_DENIED:
	case RC_CONFLICT:
		return refused();
	case RC_EXISTS:
	case RC_INVALID:
	case RC_TEMP:
	case RC_CLOSED:
		break;
	}
	return later();
}

/* The end of jobs, in the tx that stores. */
static void settle_stmt(struct ctx *ctx, struct span owner, const struct job *const *jobs, size_t n,
	bool tells, struct append_also *out)
{
	struct job_outcome *items = arena_array(ctx->arena, n, sizeof *items);

	for (size_t i = 0; i < n; i++) {
		struct remote_result r = stored(ctx->arena, jobs[i]);
		items[i] = (struct job_outcome){ .job = jobs[i],
			.outcome = OUTCOME_SENT,
			.reply = r.reply,
			.name = tells ? SPAN("message.delivered") : SPAN(""),
			.text = r.text };
	}
	queue_settle_stmt(ctx, owner, items, n, &out->stmt, &out->args, &out->n_args);
}

/* ------------------------------------------------------------------------ recipients */

/* Does it still take mail, and who is it? */
static enum rc find_target(struct ctx *ctx, struct span address, struct delivery_target *out)
{
	size_t at = span_rfind(address, '@');
	struct recipients unused;
	struct mailbox_ref mailbox;
	struct err err;

	if (at == SPAN_NPOS)
		return RC_NOT_FOUND;
	enum rc rc = recipient_resolve(
		ctx, span_sub(address, 0, at), span_from(address, at + 1), &unused, &err);
	if (rc == RC_OK)
		rc = mailbox_find(ctx, address, &mailbox);
	if (rc == RC_OK)
		*out = (struct delivery_target){ .mailbox_id = mailbox.mailbox_id,
			.domain_id = mailbox.domain_id,
			.address = mailbox.address };
	return rc;
}

static void deliver_inbox(const struct intake_env *env, struct ctx *ctx, struct span owner,
	const struct job_group *group, struct remote_result *results)
{
	struct delivery_target *targets = arena_array(ctx->arena, group->len, sizeof *targets);
	const struct job **jobs = arena_array(ctx->arena, group->len, sizeof *jobs);
	struct append_also settle;
	struct prepared *message;
	size_t n = 0;

	for (size_t i = 0; i < group->len; i++) {
		enum rc rc = find_target(ctx, group->jobs[i].rcpt, &targets[n]);
		results[i] = result_of(ctx->arena, &group->jobs[i], rc);
		if (rc == RC_OK)
			jobs[n++] = &group->jobs[i];
	}
	if (n == 0)
		return;
	settle_stmt(ctx, owner, jobs, n, true, &settle);
	enum rc rc = read_again(env, ctx, &group->jobs[0], false, &message);
	struct delivery delivery = { .message = rc == RC_OK ? message : NULL,
		.mail_from = group->jobs[0].mail_from,
		.targets = targets,
		.n_targets = n,
		.received_at = ctx->now_us / USEC_PER_SEC,
		.also = settle.stmt,
		.also_args = settle.args,
		.n_also_args = settle.n_args };
	if (rc == RC_OK)
		rc = message_deliver(env->store, ctx, &delivery);
	for (size_t i = 0; rc != RC_OK && i < group->len; i++) {
		if (results[i].outcome == OUTCOME_SENT)
			results[i] = later();
	}
}

/* ------------------------------------------------------------------------ the sender's copy */

static enum rc file_sent(
	const struct intake_env *env, struct ctx *ctx, struct span owner, const struct job *job)
{
	struct mailbox_ref mailbox;
	struct folder folder;
	struct prepared *message;
	struct append_also settle;
	uint32_t uid;

	enum rc rc = mailbox_find(ctx, job->rcpt, &mailbox);
	if (rc == RC_OK)
		rc = folder_find_role(env->store, ctx, mailbox.mailbox_id, SPAN("sent"), &folder);
	if (rc == RC_OK)
		rc = read_again(env, ctx, job, true, &message);
	if (rc != RC_OK)
		return rc;
	settle_stmt(ctx, owner, &job, 1, false, &settle);
	struct append_item item = {
		.message = message, .flags = FLAG_SEEN, .internal_at = ctx->now_us / USEC_PER_SEC
	};
	return message_append_also(
		env->store, ctx, mailbox.mailbox_id, folder.folder_id, &item, &settle, &uid);
}

void local_deliver(const struct intake_env *env, struct ctx *ctx, struct span owner,
	const struct job_group *group, struct remote_attempt *out)
{
	struct remote_result *results = arena_array(ctx->arena, group->len, sizeof *results);

	*out = (struct remote_attempt){ .results = results };
	if (span_eq(group->jobs[0].destination, SPAN(QUEUE_LOCAL))) {
		deliver_inbox(env, ctx, owner, group, results);
		return;
	}
	for (size_t i = 0; i < group->len; i++) {
		enum rc rc = file_sent(env, ctx, owner, &group->jobs[i]);
		results[i] = result_of(ctx->arena, &group->jobs[i], rc);
	}
}
