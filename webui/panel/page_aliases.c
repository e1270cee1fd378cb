/* Aliases: list, new, delete on one page. */
#include "backend/accounts/alias_service.h"
#include "mailcore/base/clock.h"
#include "webui/panel/list_view.h"
#include "webui/view/format.h"

const struct field alias_fields[] = {
	{ "address", FIELD_TEXT, FIELD_REQUIRED, .max = 320 },
	{ "targets", FIELD_TEXTS, FIELD_REQUIRED, .max = ALIAS_TARGETS_MAX },
	{ 0 },
};

static const struct list_column aliases_columns[] = {
	{ W_ADDRESS, "name" },
	{ W_ALIAS_TARGETS, "targets" },
	{ W_CREATED, "created" },
};
static const char *const aliases_actions[] = { "delete", NULL };
static const struct list_view aliases_view = { "aliases", aliases_columns,
	sizeof aliases_columns / sizeof aliases_columns[0], aliases_actions, false };

static void list_row_add(struct page *p, struct val *rows, const struct alias *alias)
{
	struct arena *a = p->req->ctx->arena;
	struct val *row = list_view_row(rows, alias->address);
	struct str targets = str_in(a, 64 * 1024);

	for (size_t i = 0; i < alias->n_targets; i++) {
		str_add_cstr(&targets, i ? ", " : "");
		str_add(&targets, alias->targets[i]);
	}
	list_view_text(row, alias->address);
	list_view_text(row, str_span(&targets));
	list_view_text(row, format_time(a, alias->created_at_us / USEC_PER_SEC));
}

static enum rc aliases_page(struct req *r, struct reply *out, int status, struct err *err)
{
	struct list_ask ask = panel_list_ask(r);
	bool scoped = span_starts(r->path, SPAN("/domains/"));
	if (scoped)
		ask.domain = req_path(r, "domain");
	struct aliases aliases;
	enum rc rc = alias_list(r->services, r->ctx, &ask, &aliases, err);
	if (rc != RC_OK)
		return rc;

	struct page p =
		panel_begin(r, "panel/aliases", scoped ? "domains" : "aliases", words(W_ALIASES));
	panel_domain_tabs(&p, ask.domain, "aliases");
	struct val *rows = list_view_begin(&p, &aliases_view, &ask, aliases.next_cursor);
	for (size_t i = 0; i < aliases.len; i++)
		list_row_add(&p, rows, &aliases.items[i]);
	val_set(p.data, "find_hint", words(W_MAILBOXES_FIND));
	val_set_bool(p.data, "is_empty", aliases.len == 0 && panel_is_plain(&ask));
	page_form(&p, alias_fields, r->method == METHOD_POST ? &r->form : NULL);
	panel_api_call(&p, "POST", "/api/v1/aliases",
		"{\"address\": \"sales@example.com\", \"targets\": [\"ann@example.com\"]}");
	return page_send(&p, out, status);
}

enum rc page_aliases(struct req *r, struct reply *out, struct err *err)
{
	return aliases_page(r, out, 200, err);
}

enum rc page_aliases_post(struct req *r, struct reply *out, struct err *err)
{
	if (r->form.n_errors > 0)
		return aliases_page(r, out, 422, err);
	const struct field_value *targets = form_get(&r->form, "targets");
	struct alias_new in = { form_text(&r->form, "address"), targets->items, targets->n_items };
	struct alias alias;
	enum rc rc = alias_create(r->services, r->ctx, &in, &alias, err);
	if (page_add_refusal(r, rc, err))
		return aliases_page(r, out, 422, err);
	if (rc == RC_OK)
		page_redirect_done(r, out, SPAN("/aliases"), "alias_created");
	return rc;
}

enum rc page_alias_delete_post(struct req *r, struct reply *out, struct err *err)
{
	enum rc rc = alias_delete(r->services, r->ctx, req_path(r, "address"), 0, err);
	if (rc == RC_OK)
		page_redirect_done(r, out, SPAN("/aliases"), "alias_deleted");
	return rc;
}
