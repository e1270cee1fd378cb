/*
 * The one door for messages.
 *
 * Bytes are collected as they came. At the end the header is looked at and written anew: our trace
 * fields on top, the message below them byte for byte but for the fields that head.c names.
 */
#include "mailcore/deliver/intake.h"

#include "mailcore/auth/auth_results.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"
#include "mailcore/base/map.h"
#include "mailcore/base/utf8.h"
#include "mailcore/base/vec.h"
#include "mailcore/deliver/encode.h"
#include "mailcore/deliver/head.h"
#include "mailcore/deliver/inbound.h"
#include "mailcore/deliver/later.h"
#include "mailcore/deliver/outside.h"
#include "mailcore/deliver/receipt.h"
#include "mailcore/deliver/received.h"
#include "mailcore/deliver/refuse.h"
#include "mailcore/deliver/sign.h"
#include "mailcore/deliver/spool.h"
#include "mailcore/deliver/submit.h"
#include "mailcore/mime/date.h"
#include "mailcore/mime/header.h"
#include "mailcore/queue/outbox.h"

#define ADDED_MAX      (8192 + 2 * AUTH_RESULTS_MAX) /* what we put on top */
#define SIGNATURES_MAX ((size_t)256 << 10)
#define EVIDENCE_MAX   (32 * 1024)

struct intake {
	const struct intake_env *env;
	const struct intake_source *source;
	struct arena arena;
	struct spool spool;
	bool too_big;
	struct transfer_watch watch;
	size_t encoded; /* parts */
	bool utf8_head;
	bool bulk;
	struct span message_id; /* of our users' mail: by it they ask what became of it */
	bool announced;         /* delivery_begin */
	struct {
		struct delivery_target *items;
		size_t len, cap;
	} targets;
	struct map mailboxes; /* those in targets */
	struct outside outside;
	struct receipts receipts;
	struct span only_rcpt; /* the address of the only RCPT */
	bool several_rcpts;
	struct inbound_verdict *verdict; /* the step's arena; NULL: it was not judged */
};

bool intake_has_room(const struct intake_env *env, uint64_t size)
{
	uint64_t wanted = size < env->max_size ? size : env->max_size;

	/* Twice: the spool file, and what is kept. */
	return spool_has_room(env->spool_dir, env->disk_reserve + 2 * wanted);
}

/* Mail of our users and of our own is not judged. */
static bool is_from_world(const struct intake *in)
{
	return in->env->inbound && !in->source->sender && !in->source->internal;
}

struct intake *intake_open(
	const struct intake_env *env, struct ctx *ctx, const struct intake_source *source)
{
	struct intake *in = heap_zalloc(sizeof *in);

	in->env = env;
	in->source = source;
	arena_init(&in->arena, 1024);
	spool_init(&in->spool, env->spool_dir, env->spool_threshold);
	map_init(&in->mailboxes);
	in->announced = true;
	delivery_begin(env->store);
	if (is_from_world(in))
		inbound_prefetch(env->inbound, &in->arena, source);
	return in;
}

static void withdraw(struct intake *in)
{
	if (in->announced)
		delivery_end(in->env->store);
	in->announced = false;
}

void intake_abort(struct intake *in)
{
	if (!in)
		return;
	withdraw(in);
	spool_done(&in->spool);
	map_done(&in->mailboxes);
	arena_done(&in->arena);
	heap_free(in);
}

static void note_rcpt(struct intake *in, struct span original)
{
	if (in->only_rcpt.len == 0)
		in->only_rcpt = arena_span(&in->arena, original);
	else if (!span_eq(in->only_rcpt, original))
		in->several_rcpts = true;
}

void intake_add_rcpt(struct intake *in, const struct recipient *rcpt)
{
	const struct mailbox_ref *mailbox = &rcpt->mailbox;

	note_rcpt(in, rcpt->original);
	if (rcpt->kind == RECIPIENT_REMOTE) {
		outside_add(&in->outside, &in->arena, rcpt);
		return;
	}
	receipts_add(&in->receipts, &in->arena, rcpt);
	if (map_put(&in->mailboxes, map_key_i64(&mailbox->mailbox_id), in))
		return;
	struct delivery_target target = { .mailbox_id = mailbox->mailbox_id,
		.domain_id = mailbox->domain_id,
		.address = arena_span(&in->arena, mailbox->address) };
	VEC_PUSH(&in->arena, &in->targets, target);
}

enum rc intake_write(struct intake *in, struct span bytes)
{
	if (in->too_big || bytes.len > in->env->max_size - in->spool.size) {
		in->too_big = true;
		return RC_LIMIT;
	}
	transfer_watch_add(&in->watch, bytes);
	return spool_add(&in->spool, bytes);
}

size_t intake_size(const struct intake *in)
{
	return in->spool.size;
}

/* --- the header ------------------------------------------------------------------------------- */

/* Trouble with the disk is told apart from trouble with the database. */
static enum rc of_disk(enum rc rc, struct err *err)
{
	if (rc != RC_TEMP)
		return rc;
	return err_set(err, RC_TEMP, "4.3.1", "There is no room for this message now.");
}

/* The header as it came. A block beyond HEADER_BLOCK_MAX is cut at a line; what is behind counts as
 * body, nothing of it is lost. */
static enum rc read_head(struct intake *in, struct ctx *ctx, struct span *out)
{
	struct span start;

	enum rc rc = spool_start(&in->spool, ctx->arena, HEADER_BLOCK_MAX, &start);
	if (rc != RC_OK)
		return rc;
	size_t len = header_block_len(start);
	if (len == HEADER_BLOCK_MAX && in->spool.size > len) {
		size_t line = span_rfind(start, '\n');
		len = line == SPAN_NPOS ? 0 : line + 1;
	}
	*out = span_sub(start, 0, len);
	return RC_OK;
}

static enum rc check_head(
	const struct intake *in, struct ctx *ctx, struct span head, struct err *err)
{
	enum rc rc = head_check(head, err);
	if (rc == RC_OK)
		rc = outside_check(&in->outside, in->source, head, err);
	if (rc == RC_OK && in->source->sender && !in->source->internal)
		rc = submit_check(ctx, in->source->sender, head, err);
	return rc;
}

/* Who sent it, and what follows from that for each recipient. */
static enum rc judge(struct intake *in, struct ctx *ctx, struct span head, struct err *err)
{
	if (!is_from_world(in))
		return RC_OK;
	in->verdict = arena_alloc(ctx->arena, sizeof *in->verdict);
	enum rc rc = inbound_judge(in->env->inbound, ctx, in->source, in->env->hostname, head,
		&in->spool, in->verdict);
	if (rc == RC_OK)
		rc = inbound_apply(ctx, in->verdict, in->targets.items, in->targets.len,
			in->outside.items, in->outside.len, err);
	return rc;
}

/* What is the author's: as it came, with what is missing. */
static bool write_own(const struct intake *in, struct ctx *ctx, struct span head, struct str *out)
{
	bool submission = in->source->sender != NULL;

	if (submission)
		submit_add_missing(
			ctx->arena, out, head, in->env->hostname, ctx->now_us / USEC_PER_SEC);
	/* A message that begins with white space would continue our last field; an empty one has
	 * no end of the header. */
	if (in->spool.size == 0 || (head.len > 0 && ascii_is_space(head.ptr[0])))
		str_add(out, SPAN("\r\n"));
	head_add_cleaned(ctx->arena, out, head, in->env->hostname, submission);
	return str_ok(out);
}

static bool is_ours(const struct intake *in)
{
	return in->source->sender || in->source->internal;
}

/* What we sign nobody should have to change later. Others' mail is theirs. */
static enum rc encode(struct intake *in, struct err *err)
{
	if (!is_ours(in))
		return RC_OK;
	enum rc rc = encode_message(&in->spool, &in->watch, &in->encoded);
	if (rc == RC_OK && in->watch.is_long)
		return err_set(err, RC_INVALID, "5.6.3",
			"A line has more than 998 characters, in a part that may not be changed"
			" because it is signed, or cannot be.");
	return of_disk(rc, err);
}

static enum rc add_signatures(struct intake *in, struct ctx *ctx, struct span own, size_t body_at,
	struct str *out, struct err *err)
{
	if (!is_ours(in) || !in->env->keys)
		return RC_OK;
	enum rc rc = sign_add(in->env->keys, ctx, own, &in->spool, body_at, out);
	if (rc == RC_LIMIT)
		return err_set(
			err, rc, "5.6.0", "The message has more header fields than can be signed.");
	return rc;
}

/* Our trace fields, signatures below them, the author's header. */
static enum rc write_head(struct intake *in, struct ctx *ctx, struct uuid id, struct span head,
	struct str *out, struct err *err)
{
	struct received received = { .source = in->source,
		.hostname = in->env->hostname,
		.id = id,
		.only_rcpt = in->several_rcpts ? SPAN_NONE : in->only_rcpt,
		.auth_results = in->verdict ? in->verdict->field : SPAN_NONE,
		.at_s = ctx->now_us / USEC_PER_SEC };
	struct str own = str_in(ctx->arena, head.len + ADDED_MAX);

	if (!write_own(in, ctx, head, &own) || !received_add(out, &received))
		return err_set(err, RC_INVALID, "5.6.0", "The envelope cannot be written down.");
	outside_add_fields(&in->outside, in->source, out);
	enum rc rc = add_signatures(in, ctx, str_span(&own), head.len, out, err);
	if (rc != RC_OK)
		return rc;
	str_add(out, str_span(&own));
	return str_ok(out)
		? RC_OK
		: err_set(err, RC_INVALID, "5.6.0", "The envelope cannot be written down.");
}

/* --- the end ---------------------------------------------------------------------------------- */

static enum rc prepare_in_memory(struct intake *in, struct ctx *ctx, struct uuid id,
	struct span head, size_t body_at, struct prepared **out)
{
	struct span body = span_from(str_span(&in->spool.memory), body_at);
	struct str message = str_in(ctx->arena, head.len + body.len);

	(void)str_reserve(&message, head.len + body.len); /* its maximum: cannot fail */
	str_add(&message, head);
	str_add(&message, body);
	return message_prepare(in->env->store, ctx->arena, id, str_span(&message), out);
}

static enum rc prepare_in_file(struct intake *in, struct ctx *ctx, struct uuid id, struct span head,
	size_t body_at, struct prepared **out)
{
	struct spool whole;
	spool_init(&whole, in->env->spool_dir, 0);

	enum rc rc = spool_add(&whole, head);
	if (rc == RC_OK)
		rc = spool_copy(&in->spool, body_at, &whole);
	if (rc == RC_OK)
		rc = message_prepare_file(
			in->env->store, ctx->arena, id, head, whole.fd, whole.size, out);
	spool_done(&whole);
	return rc;
}

static void note_message_id(struct intake *in, struct arena *a, struct span head)
{
	struct header_field field;
	struct span id;

	if (in->source->sender && !in->source->internal &&
		header_find(head, SPAN("Message-ID"), &field) &&
		message_ids_parse(a, field.value, &id, 1) == 1 && utf8_valid(id))
		in->message_id = id;
}

static enum rc prepare(
	struct intake *in, struct ctx *ctx, struct uuid id, struct prepared **out, struct err *err)
{
	struct span head;

	enum rc rc = encode(in, err);
	if (rc == RC_OK)
		rc = of_disk(read_head(in, ctx, &head), err);
	if (rc == RC_OK)
		rc = check_head(in, ctx, head, err);
	if (rc == RC_OK)
		rc = judge(in, ctx, head, err);
	if (rc != RC_OK)
		return rc;
	in->utf8_head = !utf8_is_ascii(head);
	in->bulk = in->source->bulk || in->outside.len >= BULK_RECIPIENTS || head_is_bulk(head);
	struct str new_head = str_in(ctx->arena, head.len + 2 * ADDED_MAX + SIGNATURES_MAX);
	rc = write_head(in, ctx, id, head, &new_head, err);
	if (rc != RC_OK)
		return rc;
	note_message_id(in, ctx->arena, str_span(&new_head));
	rc = in->spool.fd < 0 ? prepare_in_memory(in, ctx, id, str_span(&new_head), head.len, out)
			      : prepare_in_file(in, ctx, id, str_span(&new_head), head.len, out);
	return of_disk(rc, err);
}

static struct span describe_source(const struct intake *in, struct arena *a)
{
	const struct intake_source *s = in->source;
	struct str text = str_in(a, 1024);

	if (s->internal)
		return SPAN("Made by this server");
	if (s->sender)
		str_addf(&text, "Sent by " SPAN_FMT " from ", SPAN_ARG(s->sender->address));
	else
		str_addf(&text, "Received from " SPAN_FMT " at ",
			SPAN_ARG(helo_is_name(s->helo) ? s->helo : SPAN("a server")));
	addr_add(&text, &s->peer);
	str_add_cstr(&text, s->tls.len > 0 ? " over TLS" : " without encryption");
	return str_span(&text);
}

/* The facts behind the sentence, for who must look closer. */
static struct span evidence(const struct intake *in, struct arena *a)
{
	const struct intake_source *s = in->source;
	struct cJSON *facts = json_object(a);
	struct str peer = str_in(a, 64), text = str_in(a, EVIDENCE_MAX);

	addr_add(&peer, &s->peer);
	json_add_text(a, facts, "peer", str_span(&peer));
	json_add_text(a, facts, "helo", s->helo);
	json_add_text(a, facts, "protocol", s->protocol);
	json_add_text(a, facts, "tls", s->tls);
	json_add_i64(a, facts, "size", (int64_t)in->spool.size);
	if (in->encoded > 0)
		json_add_i64(a, facts, "encoded_parts", (int64_t)in->encoded);
	if (in->message_id.len > 0)
		json_add_text(a, facts, "message_id", in->message_id);
	if (in->verdict)
		inbound_add_evidence(a, in->verdict, facts);
	json_write(a, facts, &text);
	return str_ok(&text) ? str_span(&text) : SPAN("");
}

static struct delivery_event delivered(const struct intake *in, struct ctx *ctx,
	const struct delivery_target *t, struct span source, struct span facts)
{
	struct delivery_event event = { .domain_id = t->domain_id,
		.mailbox_id = t->mailbox_id,
		.rcpt = t->address,
		.name = SPAN("message.delivered"),
		.evidence = facts,
		.text = arena_printf(ctx->arena, SPAN_FMT ", stored in the inbox of " SPAN_FMT ".",
			SPAN_ARG(source), SPAN_ARG(t->address)) };

	if (t->junk) {
		event.name = SPAN("message.junked");
		event.text = arena_printf(ctx->arena,
			SPAN_FMT ", stored in Junk of " SPAN_FMT ": " SPAN_FMT, SPAN_ARG(source),
			SPAN_ARG(t->address), SPAN_ARG(inbound_why_junk(ctx->arena, in->verdict)));
	}
	return event;
}

/* Does it wait for its time? Then all of it is jobs. */
static bool waits(const struct intake *in)
{
	return in->source->not_before_us > 0 && in->source->sender && !in->source->internal;
}

static struct span when_text(const struct intake *in, struct arena *a)
{
	struct str out = str_in(a, 64);

	if (!waits(in))
		return SPAN("");
	str_add_cstr(&out, ", not before ");
	date_add(&out, in->source->not_before_us / USEC_PER_SEC, 0);
	return str_span(&out);
}

static struct delivery_event queued(const struct intake *in, struct ctx *ctx,
	const struct delivery_job *j, struct span source, struct span facts)
{
	/* What waits is its sender's affair, until it has come. */
	const struct mailbox_ref *sender = waits(in) ? in->source->sender : NULL;

	return (struct delivery_event){ .domain_id = sender ? sender->domain_id : j->domain_id,
		.mailbox_id = sender ? sender->mailbox_id : j->mailbox_id,
		.rcpt = j->rcpt,
		.name = SPAN("message.queued"),
		.evidence = facts,
		.text = arena_printf(ctx->arena, SPAN_FMT ", to be sent to " SPAN_FMT SPAN_FMT ".",
			SPAN_ARG(source), SPAN_ARG(j->rcpt), SPAN_ARG(when_text(in, ctx->arena))) };
}

/* One event a recipient, for the customer whose mailbox it is; one for the sender's. */
static size_t make_events(const struct intake *in, struct ctx *ctx, const struct delivery_job *jobs,
	size_t n_jobs, struct delivery_event **out_events)
{
	const struct mailbox_ref *sender = in->source->sender;
	struct span source = describe_source(in, ctx->arena);
	struct span facts = evidence(in, ctx->arena);
	struct delivery_event *events =
		arena_array(ctx->arena, in->targets.len + in->outside.len + 1, sizeof *events);
	size_t n = 0;

	if (sender && !in->source->internal)
		events[n++] = (struct delivery_event){ .domain_id = sender->domain_id,
			.mailbox_id = sender->mailbox_id,
			.name = SPAN("message.submitted"),
			.evidence = facts,
			.text = arena_printf(ctx->arena, SPAN_FMT ".", SPAN_ARG(source)) };
	for (size_t i = 0; !waits(in) && i < in->targets.len; i++)
		events[n++] = delivered(in, ctx, &in->targets.items[i], source, facts);
	for (size_t i = 0; i < n_jobs; i++) {
		if (!span_eq(jobs[i].destination, SPAN(QUEUE_SENT)))
			events[n++] = queued(in, ctx, &jobs[i], source, facts);
	}
	*out_events = events;
	return n;
}

/* Recipients of our own wait like the others, and the sender's list gets a row. */
static void put_off(const struct intake *in, struct ctx *ctx, struct uuid id,
	const struct delivery_job *outside, struct delivery *d)
{
	const struct intake_source *s = in->source;
	size_t n = in->outside.len;
	struct delivery_job *jobs = arena_array(ctx->arena, n + in->targets.len + 1, sizeof *jobs);
	struct outbox_item item = { .id = id,
		.send_at_s = s->not_before_us / USEC_PER_SEC,
		.subject = s->later_subject,
		.to = s->later_to };

	for (size_t i = 0; i < n; i++)
		jobs[i] = outside[i];
	later_jobs(s, in->targets.items, in->targets.len, jobs + n);
	d->jobs = jobs;
	d->n_jobs = n + in->targets.len + 1;
	d->n_targets = 0;
	outbox_insert_stmt(ctx, s->sender->mailbox_id, &item, d->n_jobs, &d->also, &d->also_args,
		&d->n_also_args);
}

/* What waits counts when it is delivered. */
static void count(const struct intake *in, size_t n_targets)
{
	const struct mailbox_ref *sender = in->source->sender;

	if (sender && !in->source->internal)
		figure_add(FIGURE_SUBMITTED, sender->domain_id, 1);
	for (size_t i = 0; i < n_targets; i++)
		figure_add(in->targets.items[i].junk ? FIGURE_JUNK : FIGURE_RECEIVED,
			in->targets.items[i].domain_id, 1);
}

static enum rc store_message(
	struct intake *in, struct ctx *ctx, struct uuid id, const struct prepared *message)
{
	struct delivery_event *events;
	struct delivery_job *jobs;

	enum rc rc = outside_jobs(&in->outside, ctx, in->source, in->utf8_head, in->watch.is_8bit,
		in->receipts.len, &jobs);
	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; in->bulk && i < in->outside.len; i++)
		jobs[i].priority = PRIORITY_BULK;
	struct delivery delivery = { .message = message,
		.mail_from = in->source->mail_from,
		.targets = in->targets.items,
		.n_targets = in->targets.len,
		.jobs = jobs,
		.n_jobs = in->outside.len,
		.received_at = ctx->now_us / USEC_PER_SEC,
		.also = in->source->also,
		.also_args = in->source->also_args,
		.n_also_args = in->source->n_also_args };
	if (waits(in))
		put_off(in, ctx, id, jobs, &delivery);
	delivery.n_events = make_events(in, ctx, delivery.jobs, delivery.n_jobs, &events);
	delivery.events = events;
	if (!waits(in))
		delivery.n_jobs += receipts_jobs(&in->receipts, in->source, in->targets.items,
			in->targets.len, jobs + in->outside.len);

	withdraw(in);
	rc = message_deliver(in->env->store, ctx, &delivery);
	if (rc == RC_OK)
		count(in, delivery.n_targets);
	return rc;
}

static void record_refusal(
	struct intake *in, struct ctx *ctx, struct uuid id, const struct err *err)
{
	struct refusal_facts facts = { .source = in->source,
		.targets = in->targets.items,
		.n_targets = in->targets.len,
		.size = in->spool.size,
		.err = err,
		.verdict = in->verdict };

	/* Without its head it is a refusal all the same. */
	(void)!read_head(in, ctx, &facts.head);
	refusal_record(ctx, id, &facts);
}

enum rc intake_commit(struct intake *in, struct ctx *ctx, struct uuid *out_id, struct err *err)
{
	struct uuid id = uuid_make(ctx->now_us);
	struct prepared *message;

	ASSERT(in->targets.len + in->outside.len > 0 && !in->too_big);
	enum rc rc = prepare(in, ctx, id, &message, err);
	if (rc == RC_OK)
		rc = store_message(in, ctx, id, message);
	if (rc == RC_INVALID || rc == RC_LIMIT || rc == RC_DENIED)
		record_refusal(in, ctx, id, err);
	intake_abort(in);
	if (rc == RC_OK)
		*out_id = id;
	return rc;
}

void intake_refuse(struct intake *in, struct ctx *ctx, const struct err *err)
{
	record_refusal(in, ctx, uuid_make(ctx->now_us), err);
	intake_abort(in);
}
