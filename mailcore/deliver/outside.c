/* Recipients on other servers. */
#include "mailcore/deliver/outside.h"

#include "mailcore/base/clock.h"
#include "mailcore/base/utf8.h"
#include "mailcore/base/vec.h"
#include "mailcore/deliver/srs.h"
#include "mailcore/mime/build.h"
#include "mailcore/mime/header.h"

void outside_add(struct outside *o, struct arena *a, const struct recipient *rcpt)
{
	for (size_t i = 0; i < o->len; i++) {
		if (span_eq(o->items[i].address, rcpt->address))
			return;
	}
	struct recipient copy = { .kind = RECIPIENT_REMOTE,
		.address = arena_span(a, rcpt->address),
		.original = arena_span(a, rcpt->original),
		.notify = rcpt->notify,
		.orcpt = arena_span(a, rcpt->orcpt) };
	VEC_PUSH(a, o, copy);
}

struct span outside_destination(struct arena *a, struct span address)
{
	return domain_to_ascii(a, span_from(address, span_rfind(address, '@') + 1));
}

/* ------------------------------------------------------------------------ circles */

/* Has an address of ours sent it on? */
static bool is_forwarded(const struct intake_source *source, const struct recipient *r)
{
	return !source->sender && !source->internal && !span_ieq(r->address, r->original);
}

void outside_add_fields(
	const struct outside *o, const struct intake_source *source, struct str *out)
{
	for (size_t i = 0; i < o->len; i++) {
		const struct recipient *r = &o->items[i];
		bool first = i == 0 || !span_ieq(r->original, o->items[i - 1].original);
		if (first && is_forwarded(source, r) &&
			header_write(out, "Delivered-To", r->original) != RC_OK)
			out->failed = true;
	}
}

enum rc outside_check(const struct outside *o, const struct intake_source *source, struct span head,
	struct err *err)
{
	struct cur c = cur_of(head);
	struct header_field field;

	while (o->len > 0 && header_next_named(&c, SPAN("Delivered-To"), &field)) {
		struct span before = span_trim(field.value);
		for (size_t i = 0; i < o->len; i++) {
			const struct recipient *r = &o->items[i];
			if (is_forwarded(source, r) && span_ieq(before, r->original))
				return err_set(err, RC_LIMIT, "5.4.6",
					"This message has been forwarded from that address before, it runs in a circle.");
		}
	}
	return RC_OK;
}

/* ------------------------------------------------------------------------ jobs */

/* Whose mail a forwarded one is, and under which name it goes on. */
static enum rc forward(struct ctx *ctx, const struct intake_source *source,
	const struct recipient *r, struct delivery_job *job)
{
	struct span our_domain = span_from(r->original, span_rfind(r->original, '@') + 1), secret;
	struct domain_ref ref;

	enum rc rc = domain_owner(ctx, our_domain, &ref);
	if (rc == RC_NOT_FOUND)
		return RC_TEMP; /* gone since RCPT */
	if (rc != RC_OK)
		return rc;
	job->account_id = ref.account_id;
	job->domain_id = ref.domain_id;
	if (source->mail_from.len == 0)
		return RC_OK;
	rc = directory_srs_secret(ctx, &secret);
	if (rc != RC_OK)
		return rc;
	rc = srs_forward(ctx->arena, secret, source->mail_from, our_domain,
		ctx->now_us / USEC_PER_SEC, &job->mail_from);
	if (rc != RC_OK) /* too long to be rewritten: somebody must read the bounce */
		job->mail_from =
			arena_printf(ctx->arena, "postmaster@" SPAN_FMT, SPAN_ARG(our_domain));
	return RC_OK;
}

static void own(const struct intake_source *source, struct delivery_job *job)
{
	if (!source->sender)
		return;
	job->account_id = source->sender->account_id;
	job->domain_id = source->sender->domain_id;
	job->mailbox_id = source->internal ? 0 : source->sender->mailbox_id;
	if (source->sender->hold_out && !source->internal)
		job->hold_reason = SPAN("hold_out");
}

static struct delivery_job make(struct ctx *ctx, const struct intake_source *source,
	const struct recipient *r, bool utf8_head, bool body_8bit)
{
	bool utf8 = utf8_head || !utf8_is_ascii(r->address) || !utf8_is_ascii(source->mail_from);

	return (struct delivery_job){ .mail_from = source->mail_from,
		.rcpt = r->address,
		.original_rcpt = r->orcpt,
		.destination = outside_destination(ctx->arena, r->address),
		.envid = source->envid,
		.notify = r->notify,
		.ret = source->ret,
		.smtputf8 = source->smtputf8 && utf8,
		.body_8bit = body_8bit,
		.not_before_us = source->not_before_us };
}

enum rc outside_jobs(const struct outside *o, struct ctx *ctx, const struct intake_source *source,
	bool utf8_head, bool body_8bit, size_t more, struct delivery_job **out)
{
	struct delivery_job *jobs = arena_array(ctx->arena, o->len + more, sizeof *jobs);

	for (size_t i = 0; i < o->len; i++) {
		const struct recipient *r = &o->items[i];
		jobs[i] = make(ctx, source, r, utf8_head, body_8bit);
		enum rc rc = RC_OK;
		if (is_forwarded(source, r))
			rc = forward(ctx, source, r, &jobs[i]);
		else
			own(source, &jobs[i]);
		if (rc != RC_OK)
			return rc;
	}
	*out = jobs;
	return RC_OK;
}
