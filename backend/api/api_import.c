/* /import, /export: CSV */
#include "backend/accounts/import_service.h"
#include "backend/api/api.h"

#define EXPORT_MAX (12u << 20)

/* "/api/v1/import/mailboxes" to "mailboxes". */
static struct span last_segment(struct span path)
{
	return span_from(path, span_rfind(path, '/') + 1);
}

enum rc api_import(struct req *r, struct reply *out, struct err *err)
{
	struct import_result result;
	struct import_ask ask = { .csv = form_text(&r->form, "csv") };

	if (!import_kind_parse(last_segment(r->path), &ask.kind))
		return err_set(err, RC_NOT_FOUND, "", "There is nothing here.");
	if (ask.kind == IMPORT_MAILBOXES)
		ask.with_domains = form_bool(&r->form, "add_domains", false);
	if (ask.with_domains && !actor_has_scope(r->actor, "domains:write"))
		return err_set(err, RC_DENIED, "add_domains",
			"This token does not have the scope domains:write.");
	enum rc rc = import_csv(r->services, r->ctx, &ask, &result, err);
	if (rc == RC_OK)
		reply_json(r, out, 200, import_json(r->ctx->arena, &result));
	return rc;
}

enum rc api_export(struct req *r, struct reply *out, struct err *err)
{
	struct str csv = str_in(r->ctx->arena, EXPORT_MAX);
	enum import_kind kind;
	struct span name = last_segment(r->path);

	if (!import_kind_parse(name, &kind))
		return err_set(err, RC_NOT_FOUND, "", "There is nothing here.");
	struct list_ask match = api_list_ask(r);
	enum rc rc = export_csv(r->services, r->ctx, kind, &match, &csv, err);
	if (rc == RC_OK && !str_ok(&csv))
		return err_set(err, RC_CONFLICT, "", "This is too much for one file.");
	if (rc == RC_OK)
		reply_download(r, out, "text/csv; charset=utf-8",
			arena_printf(r->ctx->arena, SPAN_FMT ".csv", SPAN_ARG(name)),
			str_span(&csv));
	return rc;
}
