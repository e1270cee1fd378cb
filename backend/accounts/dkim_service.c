/* A domain's DKIM keys. */
#include "backend/accounts/dkim_service.h"

#include <time.h>

#include "backend/accounts/audit.h"
#include "backend/accounts/dkim_make.h"
#include "backend/accounts/dns_setting_service.h"
#include "backend/accounts/domain_repo.h"
#include "backend/accounts/service.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"
#include "mailcore/keys/keys.h"

/* ms202611r, ms202611e; further pairs of the same month ms202611b-r ... */
static struct span selector(struct ctx *ctx, int serial, char kind)
{
	time_t now = (time_t)(ctx->now_us / USEC_PER_SEC);
	struct tm tm;

	ASSERT(gmtime_r(&now, &tm));
	if (serial == 0)
		return arena_printf(
			ctx->arena, "ms%04d%02d%c", tm.tm_year + 1900, tm.tm_mon + 1, kind);
	return arena_printf(
		ctx->arena, "ms%04d%02d-%d%c", tm.tm_year + 1900, tm.tm_mon + 1, serial, kind);
}

static enum rc make_pair(const struct services *s, struct ctx *ctx, int64_t domain_id,
	const struct span selectors[static 2])
{
	struct dkim_public made;
	enum rc rc = keys_make_dkim(
		s->keys, ctx, domain_id, selectors[0], SPAN("rsa"), SPAN("pending"), &made);

	if (rc == RC_OK)
		rc = keys_make_dkim(s->keys, ctx, domain_id, selectors[1], SPAN("ed25519"),
			SPAN("pending"), &made);
	return rc;
}

enum rc dkim_make_pair(const struct services *s, struct ctx *ctx, int64_t domain_id, int serial)
{
	const struct span selectors[] = { selector(ctx, serial, 'r'), selector(ctx, serial, 'e') };

	return make_pair(s, ctx, domain_id, selectors);
}

enum rc dkim_make_quick(const struct services *s, struct ctx *ctx, int64_t domain_id)
{
	struct dkim_public made;
	return keys_make_dkim(s->keys, ctx, domain_id, selector(ctx, 0, 'e'), SPAN("ed25519"),
		SPAN("pending"), &made);
}

enum rc dkim_make_rest(const struct services *s, struct ctx *ctx, int64_t domain_id)
{
	struct dkim_public made;
	return keys_make_dkim(s->keys, ctx, domain_id, selector(ctx, 0, 'r'), SPAN("rsa"),
		SPAN("pending"), &made);
}

static enum rc find_domain(struct ctx *ctx, struct span name, struct domain *out, struct err *err)
{
	enum rc rc = need_account(ctx);
	struct span key;

	if (rc == RC_OK &&
		(domain_name_normalise(ctx, name, &key, NULL) != RC_OK ||
			!actor_has_domain(ctx->actor, key)))
		rc = RC_NOT_FOUND;
	if (rc == RC_OK)
		rc = domain_find(ctx, key, out);
	return rc == RC_NOT_FOUND ? not_found(err, "", "domain") : with_reason(err, rc);
}

enum rc dkim_list(const struct services *s, struct ctx *ctx, struct span domain,
	struct dkim_keys *out, struct err *err)
{
	struct domain found;
	enum rc rc = find_domain(ctx, domain, &found, err);

	if (rc == RC_OK && found.keys_due) /* who asks for the keys does not wait for its turn */
		rc = with_reason(err, dkim_due_make(s, ctx, found.domain_id));
	if (rc != RC_OK)
		return rc;
	return with_reason(err, dkim_key_find(ctx, found.domain_id, out));
}

/* ------------------------------------------------------------------------ rotate */

struct rotate {
	const struct services *s;
	struct domain domain;
	struct span selectors[2]; /* RSA, Ed25519 */
};

static enum rc rotate_tx(struct ctx *ctx, void *arg)
{
	struct rotate *r = arg;
	int64_t id = r->domain.domain_id;
	enum rc rc = dkim_key_forget(ctx, id, r->selectors, 2);

	if (rc == RC_OK)
		rc = make_pair(r->s, ctx, id, r->selectors);

	if (rc == RC_OK)
		rc = audit_add(
			ctx, r->domain.account_id, "dkim.rotate", r->domain.name, NULL, NULL);
	return rc;
}

static bool has_pending(const struct dkim_keys *keys)
{
	for (size_t i = 0; i < keys->len; i++) {
		if (span_eq(keys->items[i].state, SPAN("pending")))
			return true;
	}
	return false;
}

static bool is_used(const struct dkim_keys *keys, struct span selector, bool even_retired)
{
	for (size_t i = 0; i < keys->len; i++) {
		if (span_eq(keys->items[i].selector, selector) &&
			(even_retired || !span_eq(keys->items[i].state, SPAN("retired"))))
			return true;
	}
	return false;
}

/* Dated names are never used twice. */
static void choose_dated(struct ctx *ctx, const struct dkim_keys *keys, struct rotate *r)
{
	int serial = (int)keys->len - 1;

	do {
		serial++;
		r->selectors[0] = selector(ctx, serial, 'r');
		r->selectors[1] = selector(ctx, serial, 'e');
	} while (is_used(keys, r->selectors[0], true) || is_used(keys, r->selectors[1], true));
}

/* Aliases were made for DKIM_SLOTS pairs of names, which take turns. */
static enum rc choose_slot(
	struct ctx *ctx, const struct dkim_keys *keys, struct rotate *r, struct err *err)
{
	for (int slot = 1; slot <= DKIM_SLOTS; slot++) {
		r->selectors[0] = arena_printf(ctx->arena, "ms%dr", slot);
		r->selectors[1] = arena_printf(ctx->arena, "ms%de", slot);
		if (!is_used(keys, r->selectors[0], false) &&
			!is_used(keys, r->selectors[1], false))
			return RC_OK;
	}
	return err_set(err, RC_CONFLICT, "",
		"The keys before these are kept for mail that is under way, for a week after the "
		"change. Make new ones then.");
}

enum rc dkim_rotate(const struct services *s, struct ctx *ctx, struct span domain,
	struct dkim_keys *out, struct err *err)
{
	struct rotate r = { .s = s };
	struct dkim_keys keys;
	struct dns_setting setting;
	enum rc rc = find_domain(ctx, domain, &r.domain, err);

	if (rc == RC_OK)
		rc = dkim_key_find(ctx, r.domain.domain_id, &keys);
	if (rc != RC_OK)
		return with_reason(err, rc);
	if (has_pending(&keys))
		return err_set(err, RC_CONFLICT, "",
			"New keys are waiting for their DNS records already. Publish those first.");
	rc = dns_setting_get(ctx, &r.domain, &setting);
	if (rc == RC_OK && setting.dkim_delegated)
		rc = choose_slot(ctx, &keys, &r, err);
	else
		choose_dated(ctx, &keys, &r);
	if (rc == RC_OK)
		rc = service_run(ctx, rotate_tx, &r);
	if (rc == RC_OK)
		rc = dkim_key_find(ctx, r.domain.domain_id, out);
	return with_reason(err, rc);
}

/* ------------------------------------------------------------------------ states */

static bool is_in(const struct dkim_key *key, const char *state)
{
	return span_eq(key->state, span_of(state));
}

static bool others_sign(const struct dkim_keys *keys, const struct dkim_key *key)
{
	for (size_t i = 0; i < keys->len; i++) {
		if (is_in(&keys->items[i], "active") &&
			span_eq(keys->items[i].algorithm, key->algorithm))
			return true;
	}
	return false;
}

static bool is_older_than(const struct dkim_key *key, int64_t now_us, int64_t seconds)
{
	return now_us - key->changed_at_us >= seconds * USEC_PER_SEC;
}

/* Ready to take over. */
static bool is_ready(const struct dkim_keys *keys, const struct dkim_key *key, int64_t now_us)
{
	if (!key->in_dns)
		return false;
	if (is_in(key, "pending"))
		return !others_sign(keys, key);
	return is_in(key, "published") &&
		(is_older_than(key, now_us, DKIM_SETTLE_S) || !others_sign(keys, key));
}

static bool is_relieved(const struct dkim_keys *keys, const struct dkim_key *key, int64_t now_us)
{
	for (size_t i = 0; i < keys->len; i++) {
		const struct dkim_key *other = &keys->items[i];
		if (span_eq(other->algorithm, key->algorithm) && is_ready(keys, other, now_us))
			return true;
	}
	return false;
}

struct span dkim_next_state(const struct dkim_keys *keys, size_t i, int64_t now_us)
{
	const struct dkim_key *key = &keys->items[i];

	if (is_ready(keys, key, now_us))
		return SPAN("active");
	if (is_in(key, "pending") && key->in_dns)
		return SPAN("published");
	if (is_in(key, "active") && is_relieved(keys, key, now_us))
		return SPAN("retiring");
	if (is_in(key, "retiring") && is_older_than(key, now_us, DKIM_RETIRE_S))
		return SPAN("retired");
	return key->state;
}

bool dkim_is_moving(const struct dkim_keys *keys)
{
	for (size_t i = 0; i < keys->len; i++) {
		if (is_in(&keys->items[i], "published") || is_in(&keys->items[i], "retiring"))
			return true;
	}
	return false;
}

const struct dkim_key *dkim_waits(const struct dkim_keys *keys)
{
	for (size_t i = 0; i < keys->len; i++) {
		if (is_in(&keys->items[i], "pending") && others_sign(keys, &keys->items[i]))
			return &keys->items[i];
	}
	return NULL;
}

enum rc dkim_advance(struct ctx *ctx, const struct domain *domain, const struct dkim_keys *keys)
{
	struct span *selectors = arena_array(ctx->arena, keys->len, sizeof *selectors);
	struct span *states = arena_array(ctx->arena, keys->len, sizeof *states);
	size_t n = 0;

	for (size_t i = 0; i < keys->len; i++) {
		struct span next = dkim_next_state(keys, i, ctx->now_us);
		if (span_eq(next, keys->items[i].state))
			continue;
		selectors[n] = keys->items[i].selector;
		states[n++] = next;
	}
	if (n == 0)
		return RC_OK;
	struct cJSON *after = json_object(ctx->arena);
	for (size_t i = 0; i < n; i++)
		json_add_text(ctx->arena, after, arena_cstr(ctx->arena, selectors[i]), states[i]);
	enum rc rc = dkim_key_set_states(ctx, domain->domain_id, selectors, states, n);
	if (rc == RC_OK)
		rc = audit_add(ctx, domain->account_id, "dkim.state", domain->name, NULL, after);
	return rc;
}

struct cJSON *dkim_key_json(struct arena *a, const struct dkim_key *key)
{
	struct cJSON *o = json_object(a);

	json_add_text(a, o, "selector", key->selector);
	json_add_text(a, o, "algorithm", key->algorithm);
	json_add_text(a, o, "state", key->state);
	json_add_text(a, o, "public_key", key->public_key);
	json_add_time(a, o, "created_at", key->created_at_us);
	json_add_time(a, o, "changed_at", key->changed_at_us);
	return o;
}
