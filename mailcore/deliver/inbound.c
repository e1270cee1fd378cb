/* Mail from the world: judged, and what follows. */
#include "mailcore/deliver/inbound.h"

#include <stdatomic.h>

#include "mailcore/auth/auth_results.h"
#include "mailcore/auth/domain_name.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"
#include "mailcore/base/utf8.h"

#define PIECE_BYTES ((size_t)64 << 10)

static _Atomic unsigned waiting; /* messages whose DNS is asked for */

static enum rc wrong(struct err *err, const char *key, const char *what)
{
	return err_set(err, RC_INVALID, key, "%s must be %s.", key, what);
}

enum rc inbound_env_init(struct inbound_env *env, const struct config *config,
	struct resolver *resolver, struct err *err)
{
	struct span junk = span_of(config_text(config, "mail.junk_score"));

	*env = (struct inbound_env){ .resolver = resolver,
		.sealers = span_of(config_text(config, "mail.trusted_sealers")) };
	if (!tenths_parse(junk, &env->junk_tenths) || env->junk_tenths <= 0)
		return wrong(err, "mail.junk_score", "a number like 5.0, above 0");
	if (!net_list_parse(
		    span_of(config_text(config, "mail.trusted_forwarders")), &env->forwarders))
		return wrong(err, "mail.trusted_forwarders", "networks, comma-separated");
	return dns_lists_parse(span_of(config_text(config, "mail.dns_lists")), &env->lists, err);
}

/* --- asking ----------------------------------------------------------------------------------- */

static struct auth_query query_of(const struct intake_source *source, const char *hostname)
{
	return (struct auth_query){ .ip = source->peer,
		.helo = source->helo,
		.mail_from = source->mail_from,
		.hostname = hostname };
}

void inbound_prefetch(
	const struct inbound_env *env, struct arena *a, const struct intake_source *source)
{
	struct auth_query query = query_of(source, "");

	auth_prefetch(env->resolver, a, &query);
	dns_lists_prefetch(&env->lists, env->resolver, a, &source->peer);
}

static enum rc feed_body(struct auth_check *check, const struct spool *message, size_t at)
{
	char *buffer = heap_alloc(PIECE_BYTES);
	enum rc rc = RC_OK;

	while (rc == RC_OK && at < message->size) {
		struct span piece;
		rc = spool_piece(message, at, buffer, PIECE_BYTES, &piece);
		if (rc != RC_OK)
			break;
		auth_body(check, piece);
		at += piece.len;
	}
	heap_free(buffer);
	return rc;
}

/* What is asked here waits no longer than its share, and leaves the rest of the step's time. */
static struct ctx dns_ctx(const struct ctx *ctx, unsigned others)
{
	struct ctx own = *ctx;
	int64_t ms = others < INBOUND_BUSY ? INBOUND_DNS_MS : INBOUND_DNS_BUSY_MS;
	int64_t until_ms = clock_mono_ms() + ms;

	own.deadline_ms = until_ms < ctx->deadline_ms ? until_ms : ctx->deadline_ms;
	return own;
}

static void ask_lists(const struct inbound_env *env, struct ctx *ctx,
	const struct intake_source *source, struct signals *signals)
{
	for (size_t i = 0; i < env->lists.len; i++) {
		const struct dns_list *list = &env->lists.items[i];
		struct span code;
		enum dns_listed said = dns_list_has(list, env->resolver, ctx, &source->peer, &code);
		if (said == LIST_YES)
			signal_add(signals, "dns_list.listed", list->tenths,
				arena_printf(ctx->arena,
					"The address of the server is on the list " SPAN_FMT
					" (" SPAN_FMT ").",
					SPAN_ARG(list->zone), SPAN_ARG(code)));
		else if (said == LIST_UNKNOWN)
			signal_add(signals, "dns_list.unknown", 0,
				arena_printf(ctx->arena,
					"The list " SPAN_FMT
					" gave no answer that counts%s" SPAN_FMT ".",
					SPAN_ARG(list->zone), code.len > 0 ? ": " : "",
					SPAN_ARG(code)));
	}
}

/* --- DMARC's wish ----------------------------------------------------------------------------- */

static bool is_trusted_sealer(const struct inbound_env *env, struct span domain)
{
	struct span rest = env->sealers, name;

	while (span_split(&rest, ',', &name)) {
		if (span_ieq(span_trim(name), domain))
			return domain.len > 0;
	}
	return false;
}

/* RFC 8617 section 7.2.1: what the sealer saw before it changed the message. */
static bool sealer_saw_pass(
	struct arena *a, const struct inbound_env *env, const struct arc_result *arc)
{
	struct span result;

	return arc->result == AUTH_PASS && is_trusted_sealer(env, arc->sealer) &&
		auth_results_find(a, arc->auth_results, SPAN("dmarc"), &result) &&
		span_ieq(result, SPAN("pass"));
}

static void decide_dmarc(struct arena *a, const struct inbound_env *env,
	const struct intake_source *source, struct inbound_verdict *v)
{
	v->asked = v->auth.dmarc.disposition;
	v->trusted = SPAN("");
	if (v->auth.dmarc.result != AUTH_FAIL)
		return;
	if (net_list_has(&env->forwarders, &source->peer))
		v->trusted = SPAN("It comes from a forwarder that is trusted here.");
	else if (sealer_saw_pass(a, env, &v->auth.arc))
		v->trusted = arena_printf(a,
			SPAN_FMT ", which is trusted here, has seen it pass DMARC (ARC).",
			SPAN_ARG(v->auth.arc.sealer));
	if (v->trusted.len > 0)
		v->asked = DMARC_POLICY_NONE;
}

/* --- judging ---------------------------------------------------------------------------------- */

static void score(const struct inbound_env *env, struct ctx *ctx,
	const struct intake_source *source, const struct auth_query *query, struct span head,
	struct inbound_verdict *v)
{
	for (size_t i = 0; i < source->n_signals; i++)
		signal_add(&v->signals, source->signals[i].name, source->signals[i].tenths,
			source->signals[i].text);
	score_auth(ctx->arena, query, &v->auth, &v->signals);
	if (v->trusted.len > 0)
		signal_add(&v->signals, "dmarc.trusted", -15, v->trusted);
	score_head(ctx->arena, head, &v->signals);
	ask_lists(env, ctx, source, &v->signals);
}

enum rc inbound_judge(const struct inbound_env *env, struct ctx *ctx,
	const struct intake_source *source, const char *hostname, struct span head,
	struct spool *message, struct inbound_verdict *out)
{
	struct auth_query query = query_of(source, hostname);
	struct str field = str_in(ctx->arena, AUTH_RESULTS_MAX);
	struct ctx own = dns_ctx(ctx, atomic_fetch_add(&waiting, 1));
	enum rc rc = RC_OK;

	*out = (struct inbound_verdict){ .junk_tenths = env->junk_tenths };
	dns_lists_prefetch(&env->lists, env->resolver, ctx->arena, &source->peer);
	struct auth_check *check = auth_begin(env->resolver, ctx->arena, &query, head);
	if (auth_wants_body(check))
		rc = feed_body(check, message, head.len);
	auth_end(check, &own, &out->auth);
	decide_dmarc(ctx->arena, env, source, out);
	score(env, &own, source, &query, head, out);
	atomic_fetch_sub(&waiting, 1);
	auth_results_add(&field, hostname, &query, &out->auth);
	out->field = str_ok(&field) ? str_span(&field) : SPAN("");
	return rc;
}

/* --- what follows ----------------------------------------------------------------------------- */

static bool score_is_junk(const struct inbound_verdict *v)
{
	return v->signals.tenths >= v->junk_tenths;
}

static enum rc refuse(const struct inbound_verdict *v, struct err *err)
{
	struct span domain = v->auth.dmarc.author_domain;

	return err_set(err, RC_DENIED, "5.7.1",
		SPAN_FMT " asks to refuse mail in its name that neither SPF nor DKIM proves to be "
			 "its own (DMARC), like this. Send it through that domain's servers, or "
			 "have them sign it with DKIM.",
		SPAN_ARG(domain));
}

/* What DMARC's wish means for mail of this recipient's domain. */
static enum dmarc_policy wish_for(enum dmarc_policy asked, enum domain_dmarc mode)
{
	if (asked == DMARC_POLICY_NONE || mode == DOMAIN_DMARC_IGNORE)
		return DMARC_POLICY_NONE;
	return mode == DOMAIN_DMARC_JUNK ? DMARC_QUARANTINE : asked;
}

static struct span domain_of(struct span address)
{
	size_t at = span_rfind(address, '@');
	return at == SPAN_NPOS ? SPAN("") : span_from(address, at + 1);
}

static enum rc wish_of(struct ctx *ctx, const struct inbound_verdict *v, int64_t domain_id,
	struct span name, enum dmarc_policy *out)
{
	enum domain_dmarc mode;

	enum rc rc = domain_dmarc_find(ctx, domain_id, name, &mode);
	if (rc == RC_OK)
		*out = wish_for(v->asked, mode);
	return rc;
}

/* One answer for all recipients: it is refused only when nobody would take it. */
static enum rc apply_wish(struct ctx *ctx, const struct inbound_verdict *v,
	struct delivery_target *targets, size_t n, const struct recipient *outside,
	size_t n_outside, struct err *err)
{
	bool all_refuse = true;
	enum dmarc_policy wish = DMARC_POLICY_NONE;
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		rc = wish_of(ctx, v, targets[i].domain_id, SPAN(""), &wish);
		targets[i].junk = targets[i].junk || wish != DMARC_POLICY_NONE;
		all_refuse = all_refuse && wish == DMARC_REJECT;
	}
	for (size_t i = 0; rc == RC_OK && i < n_outside; i++) {
		struct span domain = domain_to_ascii(ctx->arena, domain_of(outside[i].original));
		rc = wish_of(ctx, v, 0, domain, &wish);
		all_refuse = all_refuse && wish == DMARC_REJECT;
	}
	return rc == RC_OK && all_refuse ? refuse(v, err) : rc;
}

enum rc inbound_apply(struct ctx *ctx, const struct inbound_verdict *v,
	struct delivery_target *targets, size_t n, const struct recipient *outside,
	size_t n_outside, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		targets[i].junk = score_is_junk(v);
	if (v->asked != DMARC_QUARANTINE && v->asked != DMARC_REJECT)
		return RC_OK;
	return apply_wish(ctx, v, targets, n, outside, n_outside, err);
}

/* --- telling ---------------------------------------------------------------------------------- */

/* UTF-8 without control characters: what the database takes, and a terminal may be shown. */
static struct span printable(struct arena *a, struct span text)
{
	struct str out = str_in(a, 3 * text.len);

	utf8_add_valid(&out, text);
	for (size_t i = 0; i < out.len; i++) {
		if ((unsigned char)out.ptr[i] < ' ' || out.ptr[i] == 0x7f)
			out.ptr[i] = '?';
	}
	return str_span(&out);
}

static void add_reasons(struct str *out, const struct signals *signals)
{
	const char *before = "";

	for (size_t i = 0; i < signals->len; i++) {
		if (signals->items[i].tenths <= 0)
			continue;
		str_addf(out, "%s" SPAN_FMT, before, SPAN_ARG(signals->items[i].text));
		before = " ";
	}
}

struct span inbound_why_junk(struct arena *a, const struct inbound_verdict *v)
{
	struct str out = str_in(a, 16 * 1024);

	if (score_is_junk(v)) {
		str_add_cstr(&out, "its score is ");
		tenths_add(&out, v->signals.tenths);
		str_add_cstr(&out, ", and ");
		tenths_add(&out, v->junk_tenths);
		str_add_cstr(&out, " is enough. ");
		add_reasons(&out, &v->signals);
	} else if (v->asked == DMARC_QUARANTINE || v->asked == DMARC_REJECT) {
		str_addf(&out,
			SPAN_FMT " asks for that when neither SPF nor DKIM proves that a "
				 "message is its own (DMARC).",
			SPAN_ARG(v->auth.dmarc.author_domain));
	}
	return str_ok(&out) ? printable(a, str_span(&out)) : SPAN("its score is too high.");
}

static struct cJSON *methods(struct arena *a, const struct auth_verdicts *v)
{
	struct cJSON *o = json_object(a);
	enum auth_result dkim = AUTH_NONE;

	for (size_t i = 0; i < v->dkim.len && dkim != AUTH_PASS; i++)
		dkim = v->dkim.items[i].result;
	json_add_cstr(a, o, "iprev", auth_result_name(v->iprev.result));
	json_add_cstr(a, o, "spf", auth_result_name(v->spf.result));
	json_add_cstr(a, o, "dkim", auth_result_name(dkim));
	json_add_cstr(a, o, "dmarc", auth_result_name(v->dmarc.result));
	json_add_cstr(a, o, "arc", auth_result_name(v->arc.result));
	return o;
}

void inbound_add_evidence(struct arena *a, const struct inbound_verdict *v, struct cJSON *facts)
{
	struct cJSON *list = json_array(a);

	for (size_t i = 0; i < v->signals.len; i++) {
		const struct intake_signal *s = &v->signals.items[i];
		struct cJSON *one = json_object(a);
		json_add_cstr(a, one, "signal", s->name);
		json_add_tenths(a, one, "weight", s->tenths);
		json_add_text(a, one, "evidence", s->text);
		json_push(list, one);
	}
	json_add(a, facts, "authentication", methods(a, &v->auth));
	json_add_tenths(a, facts, "score", v->signals.tenths);
	json_add_tenths(a, facts, "junk_score", v->junk_tenths);
	json_add(a, facts, "signals", list);
}
