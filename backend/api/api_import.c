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
	enum import_kind kind;

	if (!import_kind_parse(last_segment(r->path), &kind))
		return err_set(err, RC_NOT_FOUND, "", "There is nothing here.");
	enum rc rc =
		import_csv(r->services, r->ctx, kind, form_text(&r->form, "csv"), &result, err);
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
	enum rc rc = export_csv(
		r->services, r->ctx, kind, form_text(&r->query_form, "domain"), &csv, err);
	if (rc == RC_OK && !str_ok(&csv))
		return err_set(err, RC_CONFLICT, "", "This is too much for one file.");
	if (rc == RC_OK)
		reply_download(r, out, "text/csv; charset=utf-8",
			arena_printf(r->ctx->arena, SPAN_FMT ".csv", SPAN_ARG(name)),
			str_span(&csv));
	return rc;
}
