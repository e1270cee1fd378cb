/* Where domains' records are pushed to. */
#include "backend/accounts/push_service.h"

#include "backend/accounts/audit.h"
#include "backend/accounts/service.h"
#include "mailcore/base/base64.h"
#include "mailcore/base/json.h"
#include "mailcore/keys/keys.h"
#include "sql/dns_push.h"

#define SECRET_MIN 16
#define SECRET_MAX 128
#define DNS_PORT   53

static struct span place(struct arena *a, int64_t domain_id)
{
	return arena_printf(a, "dns_push %lld", (long long)domain_id);
}

struct row {
	struct push_setting setting;
	struct span sealed, undo;
};

static enum rc find(struct ctx *ctx, const struct domain *domain, struct row *out, struct err *err)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_DNS_PUSH_GET, ARGS(A_I64(domain->domain_id)), &rows);

	if (rc != RC_OK)
		return with_reason(err, rc);
	if (rows_len(rows) == 0)
		return err_set(err, RC_NOT_FOUND, "",
			"No name server is set to which this domain's records could be pushed.");
	*out = (struct row){
		.setting = { .server = row_copy(ctx, rows, 0, 0),
			.zone = row_copy(ctx, rows, 0, 1),
			.key_name = row_copy(ctx, rows, 0, 2),
			.pushed_at_us = row_is_null(rows, 0, 5) ? 0 : row_time_us(rows, 0, 5) },
		.sealed = row_copy(ctx, rows, 0, 3),
		.undo = row_copy(ctx, rows, 0, 4)
	};
	out->setting.can_undo = out->undo.len > 0;
	return RC_OK;
}

enum rc push_setting_get(const struct services *s, struct ctx *ctx, struct span name,
	struct push_setting *out, struct err *err)
{
	struct domain domain;
	struct row row;
	enum rc rc = domain_get(s, ctx, name, &domain, err);

	if (rc == RC_OK)
		rc = find(ctx, &domain, &row, err);
	if (rc == RC_OK)
		*out = row.setting;
	return rc;
}

/* ------------------------------------------------------------------------ set */

static bool server_parse(struct span text, struct addr *out)
{
	size_t colon = span_rfind(text, ':'), close = span_rfind(text, ']');
	struct span host = text;
	uint64_t port = DNS_PORT;
	bool is_v6 = text.len > 0 && text.ptr[0] == '[';

	if (colon != SPAN_NPOS &&
		(is_v6 ? close != SPAN_NPOS && colon == close + 1
		       : span_find(text, ':') == colon)) {
		if (!span_u64(span_from(text, colon + 1), 65535, &port) || port == 0)
			return false;
		host = span_sub(text, 0, colon);
	}
	if (is_v6) {
		if (host.len < 2 || host.ptr[host.len - 1] != ']')
			return false;
		host = span_sub(host, 1, host.len - 2);
	}
	if (!addr_parse(host, out))
		return false;
	out->port = (uint16_t)port;
	return true;
}

/* What is not the internet's: an owner must not make this server knock at doors behind it. */
static bool is_inside(const struct addr *a)
{
	const uint8_t *b = a->bytes;

	if (addr_is_loopback(a))
		return true;
	if (a->family == AF_INET)
		return b[0] == 0 || b[0] == 10 || b[0] == 127 || b[0] >= 224 ||
			(b[0] == 172 && (b[1] & 0xF0) == 16) || (b[0] == 192 && b[1] == 168) ||
			(b[0] == 169 && b[1] == 254) || (b[0] == 100 && (b[1] & 0xC0) == 64);
	return (b[0] & 0xE0) != 0x20; /* all of today's internet is in 2000::/3 */
}

static enum rc check(struct ctx *ctx, const struct domain *domain, const struct push_setting *in,
	struct push_setting *out, struct err *err)
{
	struct addr server;

	if (!server_parse(in->server, &server))
		return err_set(err, RC_INVALID, "server",
			"The server is an address, such as 192.0.2.53 or [2001:db8::53]:53.");
	if (is_inside(&server) && (ctx->actor->role != ROLE_ADMIN))
		return err_set(err, RC_INVALID, "server",
			"Addresses of private networks are set by administrators.");
	*out = (struct push_setting){ .server = in->server };
	if (domain_name_normalise(
		    ctx, in->zone.len > 0 ? in->zone : domain->name, &out->zone, NULL) != RC_OK ||
		!(span_eq(out->zone, domain->name) ||
			(span_ends(domain->name, out->zone) && domain->name.len > out->zone.len &&
				domain->name.ptr[domain->name.len - out->zone.len - 1] == '.')))
		return err_set(err, RC_INVALID, "zone", "The zone is the domain, or one above it.");
	if (in->key_name.len == 0 || in->key_name.len > 253)
		return err_set(err, RC_INVALID, "key_name", "The key has a name on the server.");
	out->key_name = in->key_name;
	return RC_OK;
}

struct set {
	const struct domain *domain;
	const struct push_setting *setting; /* NULL: removed */
	struct span sealed;
};

static enum rc set_tx(struct ctx *ctx, void *arg)
{
	const struct set *set = arg;
	const struct push_setting *p = set->setting;
	struct arg id = A_I64(set->domain->domain_id);
	enum rc rc = p ? db_exec(ctx, &SQL_DNS_PUSH_SET,
				 ARGS(id, A_TEXT(p->server), A_TEXT(p->zone), A_TEXT(p->key_name),
					 A_BYTES(set->sealed)),
				 NULL)
		       : db_exec(ctx, &SQL_DNS_PUSH_REMOVE, ARGS(id), NULL);

	if (rc == RC_OK)
		rc = audit_add(ctx, set->domain->account_id, "push.set", set->domain->name, NULL,
			p ? push_setting_json(ctx->arena, p) : NULL);
	return rc;
}

enum rc push_setting_set(const struct services *s, struct ctx *ctx, struct span name,
	const struct push_setting *in, struct push_setting *out, struct err *err)
{
	struct str secret = str_in(ctx->arena, SECRET_MAX + 4);
	struct domain domain;
	struct push_setting setting;
	struct set set = { &domain, &setting, SPAN_NONE };
	enum rc rc = need_own(ctx, err);

	if (rc == RC_OK)
		rc = domain_get(s, ctx, name, &domain, err);
	if (rc == RC_OK)
		rc = check(ctx, &domain, in, &setting, err);
	if (rc != RC_OK)
		return rc;
	if (!base64_decode(span_trim(in->secret), &secret) || !str_ok(&secret) ||
		secret.len < SECRET_MIN || secret.len > SECRET_MAX)
		return err_set(err, RC_INVALID, "secret",
			"The secret is base64 of 16 to 128 bytes, for HMAC-SHA256.");
	set.sealed = keys_seal(
		s->keys, ctx->arena, place(ctx->arena, domain.domain_id), str_span(&secret));
	rc = service_run(ctx, set_tx, &set);
	if (rc == RC_OK)
		*out = setting;
	return with_reason(err, rc);
}

enum rc push_setting_remove(
	const struct services *s, struct ctx *ctx, struct span name, struct err *err)
{
	struct domain domain;
	struct row row;
	struct set set = { .domain = &domain };
	enum rc rc = domain_get(s, ctx, name, &domain, err);

	if (rc == RC_OK)
		rc = find(ctx, &domain, &row, err);
	if (rc == RC_OK)
		rc = with_reason(err, service_run(ctx, set_tx, &set));
	return rc;
}

/* ------------------------------------------------------------------------ use */

enum rc push_target_open(const struct services *s, struct ctx *ctx, struct span name,
	struct push_target *out, struct err *err)
{
	struct row row;
	enum rc rc = need_own(ctx, err);

	if (rc == RC_OK)
		rc = domain_get(s, ctx, name, &out->domain, err);
	if (rc == RC_OK)
		rc = find(ctx, &out->domain, &row, err);
	if (rc != RC_OK)
		return rc;
	out->setting = row.setting;
	out->undo = row.undo;
	if (!server_parse(row.setting.server, &out->server) ||
		!keys_unseal(s->keys, ctx->arena, place(ctx->arena, out->domain.domain_id),
			row.sealed, &out->key))
		return err_set(err, RC_CONFLICT, "",
			"The key cannot be opened on this server. Set it again.");
	return RC_OK;
}

struct note {
	const struct push_target *target;
	const char *action;
	struct span undo;
	const struct cJSON *done;
};

static enum rc note_tx(struct ctx *ctx, void *arg)
{
	const struct note *n = arg;
	const struct domain *domain = &n->target->domain;
	enum rc rc = db_exec(
		ctx, &SQL_DNS_PUSH_DONE, ARGS(A_I64(domain->domain_id), A_TEXT(n->undo)), NULL);

	if (rc == RC_OK)
		rc = audit_add(ctx, domain->account_id, n->action, domain->name, NULL, n->done);
	return rc;
}

enum rc push_note(struct ctx *ctx, const struct push_target *target, const char *action,
	struct span undo, const struct cJSON *done)
{
	struct note n = { target, action, undo, done };
	return service_run(ctx, note_tx, &n);
}

struct cJSON *push_setting_json(struct arena *a, const struct push_setting *p)
{
	struct cJSON *o = json_object(a);

	json_add_text(a, o, "server", p->server);
	json_add_text(a, o, "zone", p->zone);
	json_add_text(a, o, "key_name", p->key_name);
	json_add_time(a, o, "pushed_at", p->pushed_at_us);
	json_add_bool(a, o, "can_undo", p->can_undo);
	return o;
}
