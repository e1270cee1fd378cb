/* What panel pages share: see panel.h. */
#include "webui/panel/panel.h"

#include "backend/accounts/domain_service.h"
#include "backend/accounts/services.h"
#include "backend/accounts/suspension.h"
#include "mailcore/base/clock.h"

const struct field no_fields[] = { { 0 } };
const struct field confirm_fields[] = {
	{ "confirm", FIELD_TEXT, FIELD_REQUIRED },
	{ 0 },
};

static void nav_add(struct page *p, const char *current)
{
	static const struct {
		const char *name, *key;
	} entries[] = {
		{ "overview", "nav_overview" },
		{ "domains", "nav_domains" },
		{ "mailboxes", "nav_mailboxes" },
		{ "messages", "nav_messages" },
		{ "queue", "nav_queue" },
		{ "statistics", "nav_statistics" },
		{ "aliases", "nav_aliases" },
		{ "customers", "nav_customers" },
		{ "tokens", "nav_tokens" },
		{ "plans", "nav_plans" },
		{ "deleted", "nav_deleted" },
		{ "audit", "nav_audit" },
		{ "api", "nav_api" },
		{ "status", "nav_status" },
		{ "account", "nav_account" },
	};
	for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
		val_set_bool(p->data, entries[i].key, strcmp(entries[i].name, current) == 0);
}

struct page panel_begin(struct req *r, const char *name, const char *nav, struct span title)
{
	struct page p = page_begin(r, name, "panel/layout", title);
	nav_add(&p, nav);
	val_set(p.data, "q", req_query(r, "q"));
	return p;
}

bool panel_is_plain(const struct list_ask *ask)
{
	return ask->search.len == 0 && ask->cursor.len == 0 && ask->state.len == 0 &&
		ask->account.len == 0;
}

struct list_ask panel_list_ask(const struct req *r)
{
	return (struct list_ask){ .cursor = req_query(r, "cursor"),
		.search = req_query(r, "q"),
		.sort = req_query(r, "sort"),
		.state = req_query(r, "state"),
		.account = req_query(r, "account") };
}

void panel_api_call(struct page *p, const char *method, const char *path, const char *json)
{
	struct str out = str_in(p->req->ctx->arena, 4096);
	str_addf(&out, "curl -X %s %s%s \\\n  -H 'Authorization: Bearer TOKEN'", method,
		page_env(p->req)->url, path);
	if (json)
		str_addf(&out, " \\\n  -H 'Content-Type: application/json' \\\n  -d '%s'", json);
	val_set(p->data, "api_call", str_span(&out));
}

void panel_suspension(struct page *p, const struct suspension *s, struct span action)
{
	struct str until = str_in(p->req->ctx->arena, 64);
	struct val *v = val_set_map(p->data, "suspension");

	if (s->until_us)
		clock_add_rfc3339(&until, s->until_us);
	val_set(v, "action", action);
	val_set_bool(v, "is_on", suspension_is_on(s));
	val_set_bool(v, "no_login", s->no_login);
	val_set_bool(v, "no_send", s->no_send);
	val_set_bool(v, "no_receive", s->no_receive);
	val_set_bool(v, "hold_out", s->hold_out);
	val_set(v, "reason", s->reason);
	val_set(v, "until", span_sub(str_span(&until), 0, strlen("2026-11-22")));
}

struct span panel_role(enum account_role role)
{
	switch (role) {
	case ROLE_ADMIN:
		return words(W_ROLE_ADMIN);
	case ROLE_RESELLER:
		return words(W_ROLE_RESELLER);
	case ROLE_CUSTOMER:
	case ROLE_MAILBOX:
		break;
	}
	return words(W_ROLE_CUSTOMER);
}

static struct span step_url(struct arena *a, enum setup_step step, struct span domain)
{
	if (domain.len == 0)
		return SPAN("");
	switch (step) {
	case STEP_DOMAIN:
		return arena_printf(a, "/domains/" SPAN_FMT, SPAN_ARG(domain));
	case STEP_DNS:
		return arena_printf(a, "/domains/" SPAN_FMT "/dns", SPAN_ARG(domain));
	case STEP_MAILBOXES:
		return arena_printf(a, "/domains/" SPAN_FMT "/mailboxes", SPAN_ARG(domain));
	case STEP_TEST:
		return SPAN("/messages");
	}
	return SPAN("");
}

void panel_steps(struct page *p, enum setup_step current, struct span domain)
{
	static const enum words_id labels[] = { W_STEP_DOMAIN, W_STEP_DNS, W_STEP_MAILBOXES,
		W_STEP_TEST };
	struct arena *a = p->req->ctx->arena;
	struct val *steps = val_set_list(p->data, "steps");
	for (int step = STEP_DOMAIN; step <= STEP_TEST; step++) {
		struct val *item = val_push(steps);
		bool done = step == STEP_DOMAIN && current > STEP_DOMAIN;
		val_set_bool(item, "done", done);
		val_set_bool(item, "current", step == (int)current);
		val_set(item, "mark", done ? SPAN("✓") : arena_printf(a, "%d", step));
		val_set(item, "label", words(labels[step - 1]));
		val_set(item, "url",
			step == (int)current ? SPAN("")
					     : step_url(a, (enum setup_step)step, domain));
	}
}

void panel_domain_tabs(struct page *p, struct span domain, const char *tab)
{
	val_set(p->data, "domain", domain);
	val_set(p->data, "unicode", domain_name_unicode(p->req->ctx->arena, domain));
	val_set_bool(p->data, "tab_domain", strcmp(tab, "domain") == 0);
	val_set_bool(p->data, "tab_dns", strcmp(tab, "dns") == 0);
	val_set_bool(p->data, "tab_mailboxes", strcmp(tab, "mailboxes") == 0);
	val_set_bool(p->data, "tab_sending", strcmp(tab, "sending") == 0);
	val_set_bool(p->data, "tab_aliases", strcmp(tab, "aliases") == 0);
}
