/* Many at once: CSV in, checked first or made, with what was wrong line by line; CSV out. */
#include "backend/accounts/import_service.h"
#include "webui/panel/panel.h"

#define EXPORT_MAX (12u << 20)

static const char *const kinds[] = { "mailboxes", "aliases", "domains", NULL };
static const char *const runs[] = { "check", "make", NULL };

const struct field import_fields[] = {
	{ "kind", FIELD_CHOICE, FIELD_REQUIRED, .choices = kinds },
	{ "csv", FIELD_LINES, FIELD_REQUIRED, .max = IMPORT_TEXT_MAX },
	{ "add_domains", FIELD_BOOL },
	{ "run", FIELD_CHOICE, FIELD_REQUIRED, .choices = runs },
	{ 0 },
};

static void result_add(struct page *p, const struct import_result *result)
{
	struct arena *a = p->req->ctx->arena;
	struct val *v = val_set_map(p->data, "result");
	struct words_arg made = { "n", arena_printf(a, "%lld", (long long)result->created) };
	struct words_arg refused = { "n", arena_printf(a, "%lld", (long long)result->refused) };

	val_set(v, "made",
		words_fill(a, result->is_dry_run ? W_IMPORT_WOULD : W_IMPORT_MADE, &made, 1));
	val_set(v, "refused", words_fill(a, W_IMPORT_REFUSED, &refused, 1));
	val_set(v, "undo_url",
		result->bulk_id ? arena_printf(a, "/bulk/%lld/undo", (long long)result->bulk_id)
				: SPAN(""));
	val_set_bool(v, "has_faults", result->n_faults > 0);
	struct val *list = val_set_list(v, "faults");
	for (size_t i = 0; i < result->n_faults; i++) {
		struct val *item = val_push(list);
		val_set_i64(item, "line", result->faults[i].line);
		val_set(item, "object", result->faults[i].object);
		val_set(item, "detail", result->faults[i].detail);
	}
}

static enum rc import_page(
	struct req *r, struct reply *out, int status, const struct import_result *result)
{
	struct page p = panel_begin(r, "panel/import", "mailboxes", words(W_IMPORT));
	bool again = r->method == METHOD_POST;
	struct span kind = again ? form_text(&r->form, "kind") : req_query(r, "kind");

	val_set_bool(p.data, "add_domains", again && form_bool(&r->form, "add_domains", false));
	val_set_bool(p.data, "kind_aliases", span_eq(kind, SPAN("aliases")));
	val_set_bool(p.data, "kind_domains", span_eq(kind, SPAN("domains")));
	if (result)
		result_add(&p, result);
	else
		(void)val_set_map(p.data, "result"); /* nothing to show */
	val_set_bool(p.data, "has_result", result != NULL);
	page_form(&p, import_fields, again ? &r->form : NULL);
	panel_api_call(&p, "POST", "/api/v1/import/mailboxes?dry_run=1",
		"{\"csv\": \"address,password_hash\\nann@example.com,$2b$12$...\"}");
	return page_send(&p, out, status);
}

enum rc page_import(struct req *r, struct reply *out, struct err *err)
{
	return import_page(r, out, 200, NULL);
}

enum rc page_import_post(struct req *r, struct reply *out, struct err *err)
{
	struct import_result result;
	struct import_ask ask = { .csv = form_text(&r->form, "csv"),
		.with_domains = form_bool(&r->form, "add_domains", false) };
	struct actor actor = *r->actor;

	if (r->form.n_errors > 0 || !import_kind_parse(form_text(&r->form, "kind"), &ask.kind))
		return import_page(r, out, 422, NULL);
	actor.dry_run = span_eq(form_text(&r->form, "run"), SPAN("check"));
	actor_enter(r->ctx, &actor);
	enum rc rc = import_csv(r->services, r->ctx, &ask, &result, err);
	actor_enter(r->ctx, r->actor);
	if (page_add_refusal(r, rc, err))
		return import_page(r, out, 422, NULL);
	return rc == RC_OK ? import_page(r, out, 200, &result) : rc;
}

enum rc page_export(struct req *r, struct reply *out, struct err *err)
{
	struct str csv = str_in(r->ctx->arena, EXPORT_MAX);
	enum import_kind kind;
	struct span name = req_path(r, "kind");

	if (!import_kind_parse(name, &kind))
		return err_set(err, RC_NOT_FOUND, "", "There is nothing here.");
	struct list_ask match = panel_list_ask(r);
	match.domain = req_query(r, "domain");
	enum rc rc = export_csv(r->services, r->ctx, kind, &match, &csv, err);
	if (rc == RC_OK && !str_ok(&csv))
		return err_set(err, RC_CONFLICT, "", "This is too much for one file.");
	if (rc == RC_OK)
		reply_download(r, out, "text/csv; charset=utf-8",
			arena_printf(r->ctx->arena, SPAN_FMT ".csv", SPAN_ARG(name)),
			str_span(&csv));
	return rc;
}
