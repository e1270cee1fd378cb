/*
 * What has become of a job, in words for its owner and as evidence for who wants to know exactly.
 */
#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"
#include "mailcore/base/utf8.h"
#include "mailcore/deliver/explain.h"
#include "mailcore/deliver/remote_impl.h"

static struct span address_text(struct remote_run *run, const struct remote_peer *peer)
{
	struct str s = str_in(run->ctx->arena, 64);
	addr_add(&s, &peer->addr);
	return str_span(&s);
}

/* "450 4.7.1 Greylisted"; our own words: the status before them, unless they have one. */
static struct span reply_text(struct remote_run *run, const struct smtpclient_reply *reply)
{
	struct str s = str_in(run->ctx->arena, QUEUE_REPLY_MAX + REPLY_TEXT_MAX);
	struct span out, status;

	if (reply->code > 0)
		str_addf(&s, "%d ", reply->code);
	else if (!reply_status(reply->text, &status))
		str_addf(&s, SPAN_FMT " ", SPAN_ARG(reply->status));
	str_add(&s, reply->text);
	out = span_trim(str_span(&s));
	if (out.len > QUEUE_REPLY_MAX)
		out.len = utf8_floor(out.ptr, QUEUE_REPLY_MAX);
	return out;
}

static struct span evidence_of(struct remote_run *run, const struct job *job,
	const struct remote_peer *peer, const struct smtpclient_reply *reply,
	const struct explanation *why, bool in_doubt)
{
	struct arena *a = run->ctx->arena;
	struct cJSON *o = json_object(a);
	struct str text = str_in(a, 8192);

	if (peer) {
		json_add_text(a, o, "mx", peer->host);
		json_add_text(a, o, "address", address_text(run, peer));
		json_add_i64(a, o, "port", peer->addr.port);
		json_add_text(a, o, "tls", peer->tls);
		if (peer->demand != REMOTE_TLS_MAY)
			json_add_text(a, o, "tls_policy", span_of(tls_demand_word(peer->demand)));
		if (peer->tls_note.len > 0)
			json_add_text(a, o, "mta_sts_testing", peer->tls_note);
		if (peer->tls_failed)
			json_add_bool(a, o, "tls_failed", true);
		if (peer->reused)
			json_add_bool(a, o, "reused", true);
	}
	json_add_i64(a, o, "attempt", job->attempts + 1);
	if (reply->code > 0)
		json_add_i64(a, o, "code", reply->code);
	json_add_text(a, o, "status", reply->status);
	json_add_text(a, o, "reply", reply->text);
	if (why)
		json_add_text(a, o, "reason", why->word);
	if (in_doubt)
		json_add_bool(a, o, "in_doubt", true);
	json_add_i64(a, o, "ms", clock_mono_ms() - run->start_ms);
	json_write(a, o, &text);
	return str_span(&text);
}

/* "mx.example.org (192.0.2.1)" */
static struct span who(struct remote_run *run, const struct remote_peer *peer)
{
	if (span_starts(peer->host, SPAN("[")))
		return peer->host;
	return arena_printf(run->ctx->arena, SPAN_FMT " (" SPAN_FMT ")", SPAN_ARG(peer->host),
		SPAN_ARG(address_text(run, peer)));
}

static struct span sent_sentence(
	struct remote_run *run, const struct remote_peer *peer, struct span reply)
{
	size_t blank = span_find(peer->tls, ' ');

	return arena_printf(run->ctx->arena,
		"Delivered to " SPAN_FMT "%s" SPAN_FMT "%s. It answered: " SPAN_FMT "%s" SPAN_FMT,
		SPAN_ARG(who(run, peer)), peer->tls.len > 0 ? " over " : " without encryption",
		SPAN_ARG(span_sub(peer->tls, 0, blank)), tls_demand_done(peer->demand),
		SPAN_ARG(reply),
		peer->tls_note.len > 0
			? ". If the domain enforced its MTA-STS policy, which it tests, this server would not have been used: "
			: "",
		SPAN_ARG(peer->tls_note));
}

static struct span other_sentence(struct remote_run *run, const struct remote_peer *peer,
	const struct remote_result *r, const struct smtpclient_reply *reply,
	const struct explanation *why)
{
	struct arena *a = run->ctx->arena;
	bool failed = r->outcome == OUTCOME_FAILED;

	if (r->in_doubt)
		return arena_printf(a,
			SPAN_FMT " got the whole message but did not confirm it (" SPAN_FMT
				 "). We try again; it may arrive twice.",
			SPAN_ARG(who(run, peer)), SPAN_ARG(r->reply));
	if (!peer)
		return arena_printf(a, "%s" SPAN_FMT " " SPAN_FMT,
			failed ? "Not deliverable: " : "Not delivered yet: ", SPAN_ARG(reply->text),
			SPAN_ARG(why->meaning));
	if (reply->code == 0)
		return arena_printf(a, "%s with " SPAN_FMT ": " SPAN_FMT ". " SPAN_FMT,
			failed ? "Not deliverable" : "No success yet", SPAN_ARG(who(run, peer)),
			SPAN_ARG(reply->text), SPAN_ARG(why->meaning));
	return arena_printf(a, SPAN_FMT " %s: " SPAN_FMT ". " SPAN_FMT, SPAN_ARG(who(run, peer)),
		failed ? "refused it" : "did not take it yet", SPAN_ARG(r->reply),
		SPAN_ARG(why->meaning));
}

void result_set(struct remote_run *run, size_t i, const struct remote_peer *peer,
	enum outcome outcome, const struct smtpclient_reply *reply)
{
	struct remote_result *r = &run->out->results[i];
	bool in_doubt = r->in_doubt;

	*r = (struct remote_result){ .outcome = outcome,
		.status = arena_span(run->ctx->arena, reply->status),
		.reply = reply_text(run, reply),
		.in_doubt = in_doubt };
	if (peer && reply->code > 0)
		r->remote_mta = peer->host;

	const struct explanation *why = NULL;
	if (outcome == OUTCOME_SENT) {
		r->text = sent_sentence(run, peer, r->reply);
	} else {
		why = explain_reply(reply->code, reply->status, reply->text);
		r->advice = arena_printf(run->ctx->arena, SPAN_FMT " " SPAN_FMT,
			SPAN_ARG(why->meaning), SPAN_ARG(why->advice));
		r->text = other_sentence(run, peer, r, reply, why);
	}
	r->evidence = evidence_of(run, &run->group->jobs[i], peer, reply, why, in_doubt);
}

void result_set_rest(struct remote_run *run, const struct remote_peer *peer, enum outcome outcome,
	const struct smtpclient_reply *reply)
{
	for (size_t i = 0; i < run->group->len; i++) {
		if (!run->settled[i])
			result_set(run, i, peer, outcome, reply);
	}
}
