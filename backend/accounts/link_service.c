/* Links that work without log-in. */
#include "backend/accounts/link_service.h"

#include <openssl/sha.h>

#include "backend/accounts/audit.h"
#include "backend/accounts/mailbox_find.h"
#include "backend/accounts/service.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"
#include "mailcore/base/random.h"
#include "sql/link.h"

#define SECRET_BYTES 32
#define SECRET_MAX   64
#define LABEL_MAX    100
#define DAY_US       (24 * 3600 * USEC_PER_SEC)

static const char *const kinds[] = { [LINK_DNS] = "dns", [LINK_SETUP] = "setup" };
static const char *const paths[] = { [LINK_DNS] = "handoff", [LINK_SETUP] = "setup" };

static struct span hash_of(struct arena *a, struct span secret)
{
	unsigned char *hash = arena_alloc(a, SHA256_DIGEST_LENGTH);
	(void)SHA256((const unsigned char *)secret.ptr, secret.len, hash);
	return span_make(hash, SHA256_DIGEST_LENGTH);
}

/* ------------------------------------------------------------------------ making */

struct make {
	enum link_kind kind;
	int64_t account_id, domain_id, mailbox_id;
	struct span object, hash;
	struct link link;
	struct err *err;
};

static enum rc check_count(struct ctx *ctx, const struct make *m)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_LINK_COUNT,
		ARGS(A_I64(m->domain_id), A_TEXT(span_of(kinds[m->kind])), A_I64(m->mailbox_id)),
		&rows);

	if (rc == RC_OK && row_i64(rows, 0, 0) >= LINK_COUNT_MAX)
		rc = err_set(m->err, RC_LIMIT, "",
			"There are %d links already. Revoke one, or wait.", LINK_COUNT_MAX);
	return rc;
}

static enum rc insert(struct ctx *ctx, struct make *m)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_LINK_ADD,
		ARGS(A_TEXT(span_of(kinds[m->kind])), A_I64(m->domain_id), A_I64(m->mailbox_id),
			A_BYTES(m->hash), A_TEXT(m->link.label), A_TIME(m->link.expires_at_us)),
		&rows);

	if (rc != RC_OK)
		return rc;
	m->link.link_id = row_i64(rows, 0, 0);
	m->link.created_at_us = row_time_us(rows, 0, 1);
	return RC_OK;
}

static enum rc make_tx(struct ctx *ctx, void *arg)
{
	struct make *m = arg;
	enum rc rc = db_exec(ctx, &SQL_LINK_SWEEP, ARGS(A_I64(m->domain_id)), NULL);

	if (rc == RC_OK)
		rc = check_count(ctx, m);
	if (rc == RC_OK)
		rc = insert(ctx, m);
	if (rc == RC_OK)
		rc = audit_add(ctx, m->account_id, m->kind == LINK_DNS ? "link.dns" : "link.setup",
			m->object, NULL, link_json(ctx->arena, &m->link));
	return rc;
}

static enum rc make(const struct services *s, struct ctx *ctx, struct make *m, int64_t lives_us,
	struct link *out, struct err *err)
{
	struct str secret = str_in(ctx->arena, SECRET_MAX);

	random_add_token(&secret, SECRET_BYTES);
	m->hash = hash_of(ctx->arena, str_span(&secret));
	m->link.expires_at_us = ctx->now_us + lives_us;
	m->err = err;
	enum rc rc = service_run(ctx, make_tx, m);
	if (rc == RC_OK) {
		m->link.url = arena_printf(ctx->arena, "%s/%s/" SPAN_FMT, s->url, paths[m->kind],
			SPAN_ARG(str_span(&secret)));
		*out = m->link;
	}
	return with_reason(err, rc);
}

enum rc link_make_dns(const struct services *s, struct ctx *ctx, struct span name, int64_t days,
	struct span label, struct link *out, struct err *err)
{
	struct domain domain;
	enum rc rc = domain_get(s, ctx, name, &domain, err);

	if (rc != RC_OK)
		return rc;
	if (days < 0 || days > LINK_DAYS_MAX)
		return err_set(
			err, RC_INVALID, "days", "A link lives for 1 to %d days.", LINK_DAYS_MAX);
	if (label.len > LABEL_MAX)
		return err_set(
			err, RC_INVALID, "label", "A label has at most %d bytes.", LABEL_MAX);
	struct make m = { .kind = LINK_DNS,
		.account_id = domain.account_id,
		.domain_id = domain.domain_id,
		.object = domain.name,
		.link.label = label };
	return make(s, ctx, &m, (days > 0 ? days : LINK_DAYS) * DAY_US, out, err);
}

enum rc link_make_setup(const struct services *s, struct ctx *ctx, struct span address,
	struct link *out, struct err *err)
{
	struct mailbox mailbox;
	enum rc rc = need_own(ctx, err);

	if (rc == RC_OK)
		rc = mailbox_find_own(ctx, address, &mailbox, err);
	if (rc != RC_OK)
		return rc;
	struct make m = { .kind = LINK_SETUP,
		.account_id = mailbox.account_id,
		.domain_id = mailbox.domain_id,
		.mailbox_id = mailbox.mailbox_id,
		.object = mailbox.address };
	return make(s, ctx, &m, LINK_SETUP_MINUTES * 60 * USEC_PER_SEC, out, err);
}

/* ------------------------------------------------------------------------ list, revoke */

enum rc link_list_dns(const struct services *s, struct ctx *ctx, struct span name,
	struct links *out, struct err *err)
{
	AUTO(rows_close) struct rows *rows = NULL;
	struct domain domain;
	enum rc rc = domain_get(s, ctx, name, &domain, err);

	if (rc == RC_OK)
		rc = with_reason(err,
			db_query(ctx, &SQL_LINK_LIST,
				ARGS(A_I64(domain.domain_id), A_I64(LINK_COUNT_MAX)), &rows));
	if (rc != RC_OK)
		return rc;
	out->len = rows_len(rows);
	out->items = arena_array(ctx->arena, out->len, sizeof *out->items);
	for (size_t i = 0; i < out->len; i++)
		out->items[i] = (struct link){ .link_id = row_i64(rows, i, 0),
			.label = row_copy(ctx, rows, i, 1),
			.created_at_us = row_time_us(rows, i, 2),
			.expires_at_us = row_time_us(rows, i, 3) };
	return RC_OK;
}

struct revoke {
	const struct domain *domain;
	int64_t link_id;
};

static enum rc revoke_tx(struct ctx *ctx, void *arg)
{
	const struct revoke *r = arg;
	struct link link = { .link_id = r->link_id };
	int64_t removed = 0;
	enum rc rc = db_exec(ctx, &SQL_LINK_REMOVE,
		ARGS(A_I64(r->domain->domain_id), A_I64(r->link_id)), &removed);

	if (rc == RC_OK && removed == 0)
		return RC_NOT_FOUND;
	if (rc == RC_OK)
		rc = audit_add(ctx, r->domain->account_id, "link.revoke", r->domain->name,
			link_json(ctx->arena, &link), NULL);
	return rc;
}

enum rc link_revoke_dns(const struct services *s, struct ctx *ctx, struct span name,
	int64_t link_id, struct err *err)
{
	struct domain domain;
	struct revoke revoke = { &domain, link_id };
	enum rc rc = domain_get(s, ctx, name, &domain, err);

	if (rc == RC_OK)
		rc = service_run(ctx, revoke_tx, &revoke);
	return rc == RC_NOT_FOUND ? not_found(err, "", "link") : with_reason(err, rc);
}

/* ------------------------------------------------------------------------ holders */

static enum rc over(struct err *err)
{
	return err_set(err, RC_NOT_FOUND, "",
		"This link is over, used or revoked. Ask for a new one where you have it from.");
}

enum rc link_open(struct ctx *ctx, enum link_kind kind, struct span secret, struct link_opened *out,
	struct err *err)
{
	AUTO(rows_close) struct rows *rows = NULL;

	if (secret.len == 0 || secret.len > SECRET_MAX)
		return over(err);
	enum rc rc = db_query(ctx, &SQL_LINK_OPEN,
		ARGS(A_BYTES(hash_of(ctx->arena, secret)), A_TEXT(span_of(kinds[kind]))), &rows);
	if (rc != RC_OK)
		return with_reason(err, rc);
	if (rows_len(rows) == 0 || row_time_us(rows, 0, 5) <= ctx->now_us || row_bool(rows, 0, 6) ||
		(kind == LINK_SETUP && row_text(rows, 0, 4).len == 0))
		return over(err);
	if (row_i64(rows, 0, 7) > LINK_VIEWS_PER_MINUTE)
		return err_set(err, RC_LIMIT, "", "Please wait a minute and look again.");
	*out = (struct link_opened){ .link_id = row_i64(rows, 0, 0),
		.domain = row_copy(ctx, rows, 0, 2),
		.address = row_copy(ctx, rows, 0, 4),
		.expires_at_us = row_time_us(rows, 0, 5) };
	out->domains[0] = out->domain;
	out->actor = (struct actor){ .role = kind == LINK_SETUP ? ROLE_MAILBOX : ROLE_CUSTOMER,
		.account_id = row_i64(rows, 0, 1),
		.mailbox_id = row_i64(rows, 0, 3),
		.login = kind == LINK_SETUP ? out->address : SPAN("link"),
		.source = "link",
		.domains = out->domains,
		.n_domains = 1 };
	return RC_OK;
}

enum rc link_use(struct ctx *ctx, const struct link_opened *link, struct err *err)
{
	int64_t used = 0;
	enum rc rc = db_exec(ctx, &SQL_LINK_USE, ARGS(A_I64(link->link_id)), &used);

	return rc == RC_OK && used == 0 ? over(err) : with_reason(err, rc);
}

struct cJSON *link_json(struct arena *a, const struct link *link)
{
	struct cJSON *o = json_object(a);

	json_add_i64(a, o, "id", link->link_id);
	json_add_text(a, o, "label", link->label);
	if (link->url.len > 0)
		json_add_text(a, o, "url", link->url);
	json_add_time(a, o, "created_at", link->created_at_us);
	json_add_time(a, o, "expires_at", link->expires_at_us);
	return o;
}
