/* Mailboxes. */
#include "backend/accounts/mailbox_service.h"

#include "backend/accounts/audit.h"
#include "backend/accounts/domain_repo.h"
#include "backend/accounts/limits.h"
#include "backend/accounts/mailbox_find.h"
#include "backend/accounts/mailbox_repo.h"
#include "backend/accounts/service.h"
#include "backend/accounts/session_repo.h"
#include "mailcore/base/json.h"
#include "mailcore/keys/keys.h"
#include "mailcore/store/store.h"

#define HASH_MAX 1024

struct span mailbox_key(struct ctx *ctx, struct span text)
{
	char *out = arena_cstr(ctx->arena, text);
	for (size_t i = 0; i < text.len; i++)
		out[i] = ascii_lower(out[i]);
	return span_make(out, text.len);
}

enum rc mailbox_find_own(struct ctx *ctx, struct span address, struct mailbox *out, struct err *err)
{
	const struct actor *actor = ctx->actor;
	struct span local, domain;
	enum rc rc = address_normalise(ctx, address, &local, &domain, NULL);

	if (rc != RC_OK || !actor_has_domain(actor, domain))
		return not_found(err, "", "mailbox");
	rc = mailbox_find_key(ctx, mailbox_key(ctx, local), domain, false, out);
	if (rc == RC_OK && actor->role == ROLE_MAILBOX && out->mailbox_id != actor->mailbox_id)
		rc = RC_NOT_FOUND;
	return rc == RC_NOT_FOUND ? not_found(err, "", "mailbox") : with_reason(err, rc);
}

/* The password's crypt string, made or given. Nothing given: empty. */
static enum rc take_hash(const struct services *s, struct ctx *ctx, struct span password,
	struct span given, struct span address, struct span *out, struct err *err)
{
	struct str hash = str_in(ctx->arena, HASH_MAX);

	*out = SPAN("");
	if (password.len > 0 && given.len > 0)
		return err_set(err, RC_INVALID, "password",
			"Give either a password or a password_hash, not both.");
	if (given.len > 0 && !keys_accepts_hash(given, out))
		return err_set(err, RC_INVALID, "password_hash",
			"This is not a password hash that can be verified here.");
	if (given.len > 0 || password.len == 0)
		return RC_OK;
	enum rc rc = password_check(password, address, err);
	if (rc == RC_OK)
		rc = keys_hash_password(s->keys, password, &hash);
	if (rc == RC_OK)
		*out = str_span(&hash);
	return with_reason(err, rc);
}

/* ------------------------------------------------------------------------ create */

struct create {
	const struct services *s;
	struct span local, hash, password;
	struct mailbox *mailbox;
	struct err *err;
};

static enum rc take_pools(struct ctx *ctx, struct mailbox *m, struct err *err)
{
	enum rc rc = limits_default_quota(ctx, m->account_id, &m->quota_bytes, err);

	if (rc == RC_OK)
		rc = limits_take(ctx, m->account_id, POOL_MAILBOXES, 1, err);
	if (rc == RC_OK)
		rc = limits_take(ctx, m->account_id, POOL_STORAGE, m->quota_bytes, err);
	return rc;
}

static enum rc create_tx(struct ctx *ctx, void *arg)
{
	struct create *c = arg;
	struct mailbox *m = c->mailbox;
	enum rc rc = take_pools(ctx, m, c->err);

	if (rc == RC_OK)
		rc = mailbox_insert(ctx, c->local, mailbox_key(ctx, c->local), m);
	if (rc == RC_OK)
		rc = keys_store_password(
			c->s->keys, ctx, KEYS_MAILBOX, m->mailbox_id, c->hash, c->password);
	if (rc == RC_OK)
		rc = folder_make_defaults(ctx, m->mailbox_id);
	if (rc == RC_OK)
		rc = audit_add(ctx, m->account_id, "mailbox.create", m->address, NULL,
			mailbox_json(ctx->arena, m));
	return rc;
}

static enum rc find_domain(
	struct ctx *ctx, struct span name, struct mailbox *mailbox, struct err *err)
{
	struct domain domain;
	enum rc rc =
		actor_has_domain(ctx->actor, name) ? domain_find(ctx, name, &domain) : RC_NOT_FOUND;

	if (rc == RC_NOT_FOUND)
		return err_set(err, RC_NOT_FOUND, "address", "There is no domain " SPAN_FMT ".",
			SPAN_ARG(name));
	if (rc != RC_OK)
		return with_reason(err, rc);
	rc = domain_takes_addresses(&domain, err);
	if (rc != RC_OK)
		return rc;
	mailbox->domain_id = domain.domain_id;
	mailbox->account_id = domain.account_id;
	mailbox->domain = domain.name;
	return RC_OK;
}

enum rc mailbox_create(const struct services *s, struct ctx *ctx, const struct mailbox_new *in,
	struct mailbox *out, struct err *err)
{
	struct mailbox m = { .name = in->name,
		.quota_bytes = in->quota_bytes,
		.no_services = in->no_services,
		.send_per_hour = in->send_per_hour,
		.send_per_day = in->send_per_day,
		.version = 1 };
	struct create c = { .s = s, .password = in->password, .mailbox = &m, .err = err };
	struct span domain;
	enum rc rc = need_account(ctx);

	if (rc == RC_OK)
		rc = address_normalise(ctx, in->address, &c.local, &domain, err);
	if (rc == RC_OK)
		rc = find_domain(ctx, domain, &m, err);
	if (rc != RC_OK)
		return rc;
	m.address = arena_printf(
		ctx->arena, SPAN_FMT "@" SPAN_FMT, SPAN_ARG(c.local), SPAN_ARG(domain));
	rc = take_hash(s, ctx, in->password, in->password_hash, m.address, &c.hash, err);
	if (rc != RC_OK)
		return rc;
	if (c.hash.len == 0)
		return err_set(err, RC_INVALID, "password", "A password is needed.");
	rc = service_run(ctx, create_tx, &c);
	if (rc == RC_EXISTS)
		return err_set(err, RC_EXISTS, "address", "This address exists already.");
	if (rc == RC_NOT_FOUND)
		return not_found(err, "address", "domain"); /* deleted in the meantime */
	if (rc == RC_OK)
		*out = m;
	return with_reason(err, rc);
}

/* ------------------------------------------------------------------------ look */

enum rc mailbox_get(const struct services *s, struct ctx *ctx, struct span address,
	struct mailbox *out, struct err *err)
{
	(void)s;
	return mailbox_find_own(ctx, address, out, err);
}

enum rc mailbox_list(const struct services *s, struct ctx *ctx, const struct list_ask *ask,
	struct mailboxes *out, struct err *err)
{
	static const char *const sorts[] = { "name", "created", "quota", "size", "messages", NULL };
	struct page page;
	enum rc rc = need_account(ctx);

	if (rc == RC_OK)
		rc = page_open_list(s, ctx, ask, sorts, &page, err);
	if (rc == RC_OK)
		rc = mailbox_find_page(ctx, &page, out);
	return with_reason(err, rc);
}

/* ------------------------------------------------------------------------ change */

struct change {
	const struct services *s;
	struct mailbox before, *after;
	struct span hash, password;
	int64_t version;
	struct err *err;
};

static enum rc store_password(struct ctx *ctx, const struct change *c)
{
	int64_t id = c->before.mailbox_id;
	enum rc rc = keys_store_password(c->s->keys, ctx, KEYS_MAILBOX, id, c->hash, c->password);

	if (rc == RC_OK)
		rc = session_delete_all(ctx, 0, id, SPAN(""));
	if (rc == RC_OK)
		rc = audit_add(ctx, c->before.account_id, "mailbox.password", c->before.address,
			NULL, NULL);
	return rc;
}

static enum rc update_tx(struct ctx *ctx, void *arg)
{
	struct change *c = arg;
	struct mailbox *m = c->after;
	enum rc rc = RC_OK;

	if (m->quota_bytes != c->before.quota_bytes) {
		rc = limits_default_quota(ctx, m->account_id, &m->quota_bytes, c->err);
		if (rc == RC_OK)
			rc = limits_take(ctx, m->account_id, POOL_STORAGE,
				m->quota_bytes - c->before.quota_bytes, c->err);
	}
	if (rc == RC_OK)
		rc = mailbox_store(ctx, c->version, m);

	if (rc == RC_OK)
		rc = audit_add(ctx, c->after->account_id, "mailbox.update", c->after->address,
			mailbox_json(ctx->arena, &c->before), mailbox_json(ctx->arena, c->after));
	if (rc == RC_OK && c->hash.len > 0)
		rc = store_password(ctx, c);
	return rc;
}

static void apply(struct mailbox *m, const struct mailbox_change *change)
{
	if (change->set_name)
		m->name = change->name;
	if (change->set_quota)
		m->quota_bytes = change->quota_bytes;
	if (change->set_send_per_hour)
		m->send_per_hour = change->send_per_hour;
	if (change->set_send_per_day)
		m->send_per_day = change->send_per_day;
	m->no_services = (m->no_services & ~change->set_services) |
		(change->no_services & change->set_services);
}

enum rc mailbox_update(const struct services *s, struct ctx *ctx, struct span address,
	const struct mailbox_change *change, struct mailbox *out, struct err *err)
{
	struct mailbox m;
	struct change c = { .s = s,
		.after = &m,
		.password = change->password,
		.version = change->version,
		.err = err };
	enum rc rc = need_account(ctx);

	if (rc == RC_OK && (change->password.len > 0 || change->password_hash.len > 0))
		rc = need_own(ctx, err);

	if (rc == RC_OK)
		rc = mailbox_find_own(ctx, address, &m, err);
	if (rc == RC_OK)
		rc = take_hash(
			s, ctx, change->password, change->password_hash, m.address, &c.hash, err);
	if (rc != RC_OK)
		return rc;
	c.before = m;
	apply(&m, change);
	rc = suspension_apply(&m.suspension, &change->suspension, err);
	if (rc == RC_OK)
		rc = service_run(ctx, update_tx, &c);
	if (rc == RC_CONFLICT)
		return version_mismatch(err);
	if (rc != RC_OK)
		return with_reason(err, rc);
	if (c.hash.len > 0)
		keys_forget(s->keys, KEYS_MAILBOX, m.mailbox_id);
	*out = m;
	return RC_OK;
}

static enum rc change_password_tx(struct ctx *ctx, void *arg)
{
	return store_password(ctx, arg);
}

enum rc mailbox_change_password(const struct services *s, struct ctx *ctx, struct span current,
	struct span password, struct err *err)
{
	struct change c = { .s = s, .password = password };
	enum rc rc = mailbox_find_own(ctx, ctx->actor->login, &c.before, err);

	if (rc == RC_OK)
		rc = keys_verify(s->keys, ctx, KEYS_MAILBOX, c.before.mailbox_id, current);
	if (rc == RC_DENIED)
		return err_set(err, RC_INVALID, "current", "The current password is not right.");
	if (rc == RC_OK && password.len == 0)
		return err_set(err, RC_INVALID, "password", "A password is needed.");
	if (rc == RC_OK)
		rc = take_hash(s, ctx, password, SPAN(""), c.before.address, &c.hash, err);
	if (rc != RC_OK)
		return with_reason(err, rc);
	rc = service_run(ctx, change_password_tx, &c);
	if (rc == RC_OK)
		keys_forget(s->keys, KEYS_MAILBOX, c.before.mailbox_id);
	return with_reason(err, rc);
}

struct cJSON *mailbox_json(struct arena *a, const struct mailbox *m)
{
	struct cJSON *o = json_object(a);

	json_add_text(a, o, "address", m->address);
	json_add_text(a, o, "domain", m->domain);
	json_add_text(a, o, "name", m->name);
	json_add_i64(a, o, "quota_bytes", m->quota_bytes);
	json_add_i64(a, o, "used_bytes", m->used_bytes);
	json_add_i64(a, o, "messages", m->messages);
	suspension_add_json(a, o, &m->suspension);
	json_add_bool(a, o, "imap", !(m->no_services & MAILBOX_NO_IMAP));
	json_add_bool(a, o, "pop3", !(m->no_services & MAILBOX_NO_POP3));
	json_add_bool(a, o, "smtp", !(m->no_services & MAILBOX_NO_SMTP));
	json_add_bool(a, o, "webmail", !(m->no_services & MAILBOX_NO_WEBMAIL));
	json_add_i64(a, o, "send_per_hour", m->send_per_hour);
	json_add_i64(a, o, "send_per_day", m->send_per_day);
	json_add_time(a, o, "created_at", m->created_at_us);
	json_add_i64(a, o, "version", m->version);
	return o;
}
