/*
 * One attempt; see remote.h. The order of things:
 *
 *   open the blob -> route -> addresses -> for each: session -> can it take this message? -> send ->
 *   results. A job is settled when no other server is to be asked about it in this attempt.
 */
#include "mailcore/deliver/remote.h"

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/base/utf8.h"
#include "mailcore/deliver/remote_impl.h"
#include "mailcore/directory/directory.h"
#include "mailcore/directory/route.h"
#include "mailcore/smtpclient/command.h"

/* --- words of our own ------------------------------------------------------------------------- */

static struct smtpclient_reply own_words(const char *status, const char *text)
{
	return (struct smtpclient_reply){ .status = span_of(status), .text = span_of(text) };
}

static void settle_rest(struct remote_run *run, const struct remote_peer *peer,
	enum outcome outcome, const struct smtpclient_reply *reply)
{
	result_set_rest(run, peer, outcome, reply);
	for (size_t i = 0; i < run->group->len; i++)
		run->settled[i] = true;
}

static size_t count_open(const struct remote_run *run)
{
	size_t n = 0;

	for (size_t i = 0; i < run->group->len; i++)
		n += !run->settled[i];
	return n;
}

/* --- the message ------------------------------------------------------------------------------ */

static enum rc read_piece(void *arg, struct ctx *ctx, struct span *out)
{
	(void)ctx;
	return blob_reader_next(arg, out);
}

/* Is everything (or, head_only, the header) ASCII? Reads it once more; rarely asked. */
static enum rc is_ascii(struct blob_reader *blob, bool head_only, bool *out)
{
	struct span piece;
	uint64_t left = head_only ? blob_reader_head_size(blob) : blob_reader_size(blob);

	enum rc rc = blob_reader_rewind(blob);
	*out = true;
	while (rc == RC_OK && *out && left > 0) {
		rc = blob_reader_next(blob, &piece);
		if (rc == RC_OK && piece.len > left)
			piece.len = (size_t)left;
		*out = rc == RC_OK && utf8_is_ascii(piece);
		left -= piece.len;
	}
	return rc;
}

/* What is said at MAIL is for all; addresses alone can make SMTPUTF8 necessary. */
static void look_at_jobs(struct remote_run *run)
{
	for (size_t i = 0; i < run->group->len; i++) {
		const struct job *j = &run->group->jobs[i];
		run->wants_utf8 = run->wants_utf8 || j->smtputf8 || !utf8_is_ascii(j->rcpt) ||
			!utf8_is_ascii(j->mail_from);
		run->wants_8bit = run->wants_8bit || j->body_8bit;
	}
}

static bool addresses_are_ascii(const struct remote_run *run)
{
	bool ascii = true;

	for (size_t i = 0; i < run->group->len; i++)
		ascii = ascii && utf8_is_ascii(run->group->jobs[i].rcpt) &&
			utf8_is_ascii(run->group->jobs[i].mail_from);
	return ascii;
}

/* An address that cannot be said is the fault of that job alone. */
static void settle_unsayable(struct remote_run *run)
{
	struct smtpclient_reply reply =
		own_words("5.1.3", "the address cannot be used in mail transfer");

	for (size_t i = 0; i < run->group->len; i++) {
		const struct job *j = &run->group->jobs[i];
		if (!path_is_sayable(j->rcpt, true) || j->rcpt.len == 0 ||
			!path_is_sayable(j->mail_from, true)) {
			result_set(run, i, NULL, OUTCOME_FAILED, &reply);
			run->settled[i] = true;
		}
	}
}

/* --- can this server take it? ----------------------------------------------------------------- */

/* RFC 6531 §3.2: what was submitted with SMTPUTF8 but holds nothing that needs it may go without. */
static enum rc check_utf8(
	struct remote_run *run, unsigned extensions, struct smtpclient_reply *reply)
{
	bool ascii = false;

	if (!run->wants_utf8 || (extensions & CLIENT_SMTPUTF8))
		return RC_OK;
	enum rc rc = addresses_are_ascii(run) ? is_ascii(run->blob, true, &ascii) : RC_OK;
	if (rc != RC_OK || ascii)
		return rc;
	*reply = own_words("5.6.7", "the server does not offer SMTPUTF8, which this message needs");
	return RC_INVALID;
}

static enum rc check_8bit(
	struct remote_run *run, unsigned extensions, struct smtpclient_reply *reply)
{
	bool ascii = false;

	if (!run->wants_8bit || (extensions & CLIENT_8BITMIME))
		return RC_OK;
	enum rc rc = is_ascii(run->blob, false, &ascii);
	if (rc != RC_OK || ascii)
		return rc;
	*reply = own_words("5.6.3", "the server does not offer 8BITMIME, which this message needs");
	return RC_INVALID;
}

static enum rc check_size(
	struct remote_run *run, const struct smtpclient *c, struct smtpclient_reply *reply)
{
	uint64_t max = smtpclient_size_max(c), size = blob_reader_size(run->blob);

	if (max == 0 || size <= max)
		return RC_OK;
	*reply = own_words("5.3.4", "");
	reply->text = arena_printf(run->ctx->arena,
		"the message has %llu bytes, the server takes %llu at most",
		(unsigned long long)size, (unsigned long long)max);
	return RC_INVALID;
}

/* RC_INVALID: never; RC_TEMP: we cannot tell. */
static enum rc check_fit(
	struct remote_run *run, const struct smtpclient *c, struct smtpclient_reply *reply)
{
	unsigned extensions = smtpclient_extensions(c);
	enum rc rc = check_size(run, c, reply);

	if (rc == RC_OK)
		rc = check_utf8(run, extensions, reply);
	if (rc == RC_OK)
		rc = check_8bit(run, extensions, reply);
	if (rc == RC_OK)
		rc = blob_reader_rewind(run->blob);
	if (rc != RC_OK && rc != RC_INVALID)
		*reply = own_words("4.3.0", "the message could not be read");
	return rc;
}

/* --- one transaction -------------------------------------------------------------------------- */

struct batch_of_rcpts {
	struct smtpclient_rcpt *items;
	size_t *job; /* index in the group */
	size_t len;
};

static struct batch_of_rcpts open_rcpts(struct remote_run *run)
{
	struct arena *a = run->ctx->arena;
	size_t max = run->group->len < CLIENT_RCPTS_MAX ? run->group->len : CLIENT_RCPTS_MAX;
	struct batch_of_rcpts b = { arena_array(a, max, sizeof *b.items),
		arena_array(a, max, sizeof *b.job), 0 };

	for (size_t i = 0; i < run->group->len && b.len < max; i++) {
		const struct job *j = &run->group->jobs[i];
		if (run->settled[i])
			continue;
		b.job[b.len] = i;
		b.items[b.len++] = (struct smtpclient_rcpt){
			.address = j->rcpt, .orcpt = j->original_rcpt, .notify = j->notify
		};
	}
	return b;
}

/* RFC 5321 §4.5.3.1.10: servers of old say 552 to one recipient too many. */
static bool is_too_many(const struct smtpclient_rcpt *r)
{
	return !r->accepted && r->reply.code == 552 &&
		span_ifind_span(r->reply.text, SPAN("too many")) != SPAN_NPOS;
}

static enum outcome outcome_of(const struct smtpclient_rcpt *r)
{
	if (r->accepted && r->reply.code / 100 == 2)
		return OUTCOME_SENT;
	return r->reply.code / 100 == 5 && !is_too_many(r) ? OUTCOME_FAILED : OUTCOME_LATER;
}

/* Every recipient has its reply. Refused for now: the next server may think otherwise. */
static void take_replies(struct remote_run *run, const struct remote_peer *peer,
	const struct smtpclient *c, const struct batch_of_rcpts *b)
{
	bool dsn = (smtpclient_extensions(c) & CLIENT_DSN) != 0;

	for (size_t i = 0; i < b->len; i++) {
		enum outcome outcome = outcome_of(&b->items[i]);
		result_set(run, b->job[i], peer, outcome, &b->items[i].reply);
		run->settled[b->job[i]] = outcome != OUTCOME_LATER;
		run->out->results[b->job[i]].relayed = outcome == OUTCOME_SENT && !dsn;
	}
}

/* The connection broke: refusals that came still stand, the others wait. */
static void take_break(struct remote_run *run, const struct remote_peer *peer,
	const struct batch_of_rcpts *b, const struct smtpclient_reply *last, bool in_doubt)
{
	for (size_t i = 0; i < b->len; i++) {
		const struct smtpclient_rcpt *r = &b->items[i];
		size_t job = b->job[i];
		if (!r->accepted && r->reply.code / 100 == 5) {
			result_set(run, job, peer, outcome_of(r), &r->reply);
			run->settled[job] = outcome_of(r) == OUTCOME_FAILED;
			continue;
		}
		run->out->results[job].in_doubt = in_doubt && r->accepted;
		result_set(run, job, peer, OUTCOME_LATER, last);
		run->settled[job] = in_doubt && r->accepted;
	}
}

static struct smtpclient_message message_of(struct remote_run *run, const struct batch_of_rcpts *b)
{
	const struct job *first = &run->group->jobs[0];

	return (struct smtpclient_message){ .mail_from = first->mail_from,
		.envid = first->envid,
		.ret_full = first->ret == RET_FULL,
		.ret_hdrs = first->ret == RET_HDRS,
		.smtputf8 = run->wants_utf8,
		.body_8bit = run->wants_8bit,
		.size_bytes = blob_reader_size(run->blob),
		.rcpts = b->items,
		.n_rcpts = b->len,
		.read = read_piece,
		.read_arg = run->blob };
}

/* RC_TEMP: the connection broke, and nothing at all was answered. */
static enum rc send_open(
	struct remote_run *run, struct remote_peer *peer, struct smtpclient *client)
{
	struct batch_of_rcpts b = open_rcpts(run);
	struct smtpclient_message m = message_of(run, &b);
	struct smtpclient_reply last;
	bool in_doubt = false;

	enum rc rc = smtpclient_send(client, run->ctx, &m, &last, &in_doubt);
	if (rc == RC_OK) {
		take_replies(run, peer, client, &b);
	} else if (rc == RC_INVALID) {
		last = own_words("5.1.3", "the addresses cannot be used in mail transfer");
		settle_rest(run, NULL, OUTCOME_FAILED, &last);
		rc = RC_OK;
	} else {
		take_break(run, peer, &b, &last, in_doubt);
		rc = last.code == 0 || last.code == 421 ? RC_TEMP : RC_OK;
		run->out->busy = run->out->busy || last.code == 421;
	}
	return rc;
}

/* --- one server ------------------------------------------------------------------------------- */

/* False: the message does not suit it, and that is settled. */
static bool may_send(struct remote_run *run, struct remote_peer *peer, struct smtpclient *client)
{
	struct smtpclient_reply reply;
	enum rc rc = check_fit(run, client, &reply);

	if (rc == RC_OK)
		return true;
	settle_rest(run, peer, rc == RC_INVALID ? OUTCOME_FAILED : OUTCOME_LATER, &reply);
	return false;
}

/* Refused at the door. It is final when all servers do it; a smarthost that refuses us is a matter of
 * settings, not of this message. What a server has said to a recipient says more than that
 * another could not be reached. */
static void take_no_session(struct remote_run *run, const struct remote_peer *peer, bool refused,
	const struct smtpclient_reply *reply)
{
	run->all_refused = run->all_refused && refused && !run->route.smarthost;
	run->out->busy = run->out->busy || reply->code / 100 == 4;
	for (size_t i = 0; i < run->group->len; i++) {
		const struct remote_result *r = &run->out->results[i];
		if (!run->settled[i] && (r->remote_mta.len == 0 || r->outcome == OUTCOME_FAILED))
			result_set(run, i, peer, run->all_refused ? OUTCOME_FAILED : OUTCOME_LATER,
				reply);
	}
}

/* Kept connections die of old age: then the same server is asked again on a new one. */
static void try_address(struct remote_run *run, const struct mx_addr *at)
{
	for (bool fresh = false;; fresh = true) {
		struct remote_peer *peer = arena_zalloc(run->ctx->arena, sizeof *peer);
		struct smtpclient_reply reply;
		struct remote_session session;

		peer->host = at->host;
		peer->addr = at->addr;
		enum rc rc = tls_demand_find(run, at, peer, &reply);
		if (rc == RC_OK)
			rc = session_open(run, peer, fresh, &session, &reply);
		if (rc != RC_OK) {
			take_no_session(run, peer, rc == RC_DENIED, &reply);
			return;
		}
		bool reused = peer->reused;
		run->all_refused = false;
		if (may_send(run, peer, session.client))
			rc = send_open(run, peer, session.client);
		session_close(run, &session);
		if (rc != RC_TEMP || !reused || count_open(run) == 0) {
			run->sessions++;
			return;
		}
	}
}

static void try_addresses(struct remote_run *run, const struct mx_list *list)
{
	for (size_t i = 0; i < list->len && run->sessions < REMOTE_SESSIONS_MAX; i++) {
		struct addr source;
		if (count_open(run) == 0)
			return;
		if (route_source(&run->route, &list->items[i].addr, &source))
			try_address(run, &list->items[i]);
	}
	run->out->unreachable = run->sessions == 0;
}

/* --- where to --------------------------------------------------------------------------------- */

static enum rc find_servers(
	struct remote_run *run, struct mx_list *list, struct mx_failure *failure)
{
	const struct smarthost *s = run->route.smarthost;

	if (s)
		return mx_resolve_host(
			run->env->resolver, run->ctx, span_of(s->host), s->port, list, failure);
	return mx_resolve(run->env->resolver, run->ctx, run->group->jobs[0].destination,
		run->env->port, &run->env->self, list, failure);
}

static void deliver(struct remote_run *run)
{
	struct mx_list list = { 0 };
	struct mx_failure failure = { 0 };
	struct smtpclient_reply reply;

	enum rc rc = find_servers(run, &list, &failure);
	if (rc == RC_OK) {
		tls_demand_begin(run);
		try_addresses(run, &list);
		return;
	}
	/* A smarthost whose name is wrong is our fault, and can be mended within days. */
	bool later = rc == RC_TEMP || run->route.smarthost;
	reply = (struct smtpclient_reply){ .status = failure.status, .text = failure.text };
	settle_rest(run, NULL, later ? OUTCOME_LATER : OUTCOME_FAILED, &reply);
	run->out->unreachable = later;
}

/* Until something better is known. */
static void set_first_results(struct remote_run *run)
{
	struct smtpclient_reply reply =
		own_words("4.4.1", "none of the servers can be reached from our outgoing address");
	result_set_rest(run, NULL, OUTCOME_LATER, &reply);
}

/* The domain's or account's own way, else the server's. */
static enum rc find_route(struct remote_run *run, struct route *own)
{
	const struct job *job = &run->group->jobs[0];

	run->route.smarthost = run->env->smarthost;
	if (!run->env->routes)
		return RC_OK;
	enum rc rc = routes_find(run->env->routes, run->ctx, job->account_id, job->domain_id, own);
	if (rc == RC_OK && own->has_smarthost)
		run->route.smarthost = &own->smarthost;
	run->route.source4 = own->source4;
	run->route.source6 = own->source6;
	return rc;
}

static void open_and_deliver(struct remote_run *run)
{
	enum rc rc = blob_reader_open(
		run->env->blobs, run->ctx, run->group->jobs[0].blob_id, &run->blob);

	if (run->env->db_done)
		run->env->db_done(run->ctx, run->env->db_done_arg);
	if (rc != RC_OK) {
		struct smtpclient_reply reply =
			own_words("4.3.0", "our copy of the message cannot be read");
		log_error("delivery.blob", "job=%lld rc=%s", (long long)run->group->jobs[0].job_id,
			rc_name(rc));
		settle_rest(run, NULL, OUTCOME_LATER, &reply);
		return;
	}
	settle_unsayable(run);
	look_at_jobs(run);
	if (count_open(run) > 0)
		deliver(run);
	blob_reader_close(run->blob);
}

static void route_and_deliver(struct remote_run *run)
{
	struct route own = { 0 };

	if (find_route(run, &own) == RC_OK) {
		open_and_deliver(run);
	} else {
		struct smtpclient_reply reply =
			own_words("4.3.0", "our database cannot be reached");
		settle_rest(run, NULL, OUTCOME_LATER, &reply);
	}
	route_done(&own);
}

/* With its domain in A-labels, an address whose local part is ASCII needs no SMTPUTF8 (RFC 6531
 * §3.2). */
static struct span with_ascii_domain(struct arena *a, struct span address)
{
	size_t at = span_rfind(address, '@');

	if (at == SPAN_NPOS || utf8_is_ascii(span_from(address, at)))
		return address;
	struct span domain = domain_to_ascii(a, span_from(address, at + 1));
	return arena_printf(
		a, SPAN_FMT "@" SPAN_FMT, SPAN_ARG(span_sub(address, 0, at)), SPAN_ARG(domain));
}

/* The jobs as they are said to a server. */
static struct job_group wire_form(struct arena *a, const struct job_group *group)
{
	struct job_group out = { arena_array(a, group->len, sizeof *out.jobs), group->len };

	for (size_t i = 0; i < group->len; i++) {
		out.jobs[i] = group->jobs[i];
		out.jobs[i].rcpt = with_ascii_domain(a, group->jobs[i].rcpt);
		out.jobs[i].mail_from = with_ascii_domain(a, group->jobs[i].mail_from);
	}
	return out;
}

void remote_deliver(const struct remote_env *env, struct ctx *ctx, const struct job_group *group,
	struct remote_attempt *out)
{
	struct job_group said = wire_form(ctx->arena, group);
	struct remote_run run = { .env = env,
		.ctx = ctx,
		.group = &said,
		.out = out,
		.all_refused = true,
		.settled = arena_array(ctx->arena, group->len, sizeof *run.settled),
		.start_ms = clock_mono_ms() };

	ASSERT(group->len > 0 && group->len <= CLIENT_RCPTS_MAX);
	*out = (struct remote_attempt){ .results = arena_array(
						ctx->arena, group->len, sizeof *out->results) };
	set_first_results(&run);
	route_and_deliver(&run);
}
