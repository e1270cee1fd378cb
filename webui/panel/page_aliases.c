/* Aliases: list, new, delete on one page. */
#include "backend/accounts/alias_service.h"
#include "webui/panel/panel.h"

const struct field alias_fields[] = {
	{ "address", FIELD_TEXT, FIELD_REQUIRED, .max = 320 },
	{ "targets", FIELD_TEXTS, FIELD_REQUIRED, .max = ALIAS_TARGETS_MAX },
	{ 0 },
};

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
	struct val *list = val_set_list(p.data, "aliases");
	for (size_t i = 0; i < aliases.len; i++) {
		struct val *item = val_push(list);
		val_set(item, "address", aliases.items[i].address);
		struct val *targets = val_set_list(item, "targets");
		for (size_t k = 0; k < aliases.items[i].n_targets; k++)
			val_push_text(targets, aliases.items[i].targets[k]);
	}
	val_set_bool(p.data, "is_empty", aliases.len == 0 && ask.cursor.len == 0);
	page_pager(&p, aliases.next_cursor);
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
