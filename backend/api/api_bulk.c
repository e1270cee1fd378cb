/* .../bulk: many changes at once, and their undo. */
#include "backend/accounts/bulk.h"
#include "backend/api/api.h"

static bool declares(const struct form *f, const char *name)
{
	for (const struct field *field = f->fields; field->type != FIELD_END; field++) {
		if (strcmp(field->name, name) == 0)
			return true;
	}
	return false;
}

static struct span text_of(const struct form *f, const char *name)
{
	return declares(f, name) ? form_text(f, name) : SPAN("");
}

static int index_of(const char *const *names, struct span text)
{
	for (int i = 0; names[i]; i++) {
		if (span_eq(text, span_of(names[i])))
			return i;
	}
	return 0; /* the fields let nothing else in */
}

/* "/api/v1/mailboxes/bulk" to "mailboxes". */
static enum bulk_kind kind_of(struct span path)
{
	struct span rest = span_sub(path, 0, span_rfind(path, '/'));
	return (enum bulk_kind)index_of(
		bulk_kind_names, span_from(rest, span_rfind(rest, '/') + 1));
}

enum rc api_bulk_run(struct req *r, struct reply *out, struct err *err)
{
	const struct form *f = &r->form;
	const struct field_value *names = form_get(f, "names");
	struct bulk bulk;
	struct bulk_ask ask = { .kind = kind_of(r->path),
		.action = (enum bulk_action)index_of(bulk_action_names, form_text(f, "action")),
		.names = names->items,
		.n_names = names->n_items,
		.all = form_bool(f, "all", false),
		.match = { .search = form_text(f, "q"),
			.account = form_text(f, "account"),
			.domain = text_of(f, "domain"),
			.state = text_of(f, "state") },
		.plan = text_of(f, "plan"),
		.reason = text_of(f, "suspend_reason") };

	if (ask.action == BULK_QUOTA) {
		if (!form_given(f, "quota_bytes"))
			return err_set(err, RC_INVALID, "quota_bytes", "This is needed.");
		ask.quota_bytes = form_i64(f, "quota_bytes", 0);
	}
	enum rc rc = bulk_run(r->services, r->ctx, &ask, &bulk, err);
	if (rc == RC_OK)
		reply_json(r, out, 200, bulk_json(r->ctx->arena, &bulk));
	return rc;
}

enum rc api_bulk_list(struct req *r, struct reply *out, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct list_ask ask = api_list_ask(r);
	struct bulks bulks;
	enum rc rc = bulk_list(r->services, r->ctx, &ask, &bulks, err);

	if (rc != RC_OK)
		return rc;
	struct cJSON *items = json_array(a);
	for (size_t i = 0; i < bulks.len; i++)
		json_push(items, bulk_json(a, &bulks.items[i]));
	api_reply_list(r, out, items, bulks.next_cursor);
	return RC_OK;
}

static enum rc id_of(struct req *r, int64_t *out, struct err *err)
{
	uint64_t id;

	if (!span_u64(req_path(r, "id"), INT64_MAX, &id))
		return err_set(err, RC_NOT_FOUND, "", "There is no such bulk change.");
	*out = (int64_t)id;
	return RC_OK;
}

enum rc api_bulk_get(struct req *r, struct reply *out, struct err *err)
{
	struct bulk bulk;
	int64_t id;
	enum rc rc = id_of(r, &id, err);

	if (rc == RC_OK)
		rc = bulk_get(r->services, r->ctx, id, &bulk, err);
	if (rc == RC_OK)
		reply_json(r, out, 200, bulk_json(r->ctx->arena, &bulk));
	return rc;
}

enum rc api_bulk_undo(struct req *r, struct reply *out, struct err *err)
{
	struct bulk bulk;
	int64_t id;
	enum rc rc = id_of(r, &id, err);

	if (rc == RC_OK)
		rc = bulk_undo(r->services, r->ctx, id, &bulk, err);
	if (rc == RC_OK)
		reply_json(r, out, 200, bulk_json(r->ctx->arena, &bulk));
	return rc;
}
