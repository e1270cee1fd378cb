/* /tokens */
#include "backend/accounts/token_service.h"
#include "backend/api/api.h"

enum rc api_token_create(struct req *r, struct reply *out, struct err *err)
{
	struct token token;
	const struct field_value *scopes = form_get(&r->form, "scopes");
	const struct field_value *domains = form_get(&r->form, "domains");
	struct token_new in = { .label = form_text(&r->form, "label"),
		.scopes = scopes->items,
		.n_scopes = scopes->n_items,
		.domains = domains->items,
		.n_domains = domains->n_items,
		.expires_at_us = form_i64(&r->form, "expires_at", 0) };
	enum rc rc = token_create(r->services, r->ctx, &in, &token, err);

	if (rc == RC_OK)
		api_reply_created(r, out, token_json(r->ctx->arena, &token), "tokens",
			arena_printf(r->ctx->arena, "%lld", (long long)token.token_id), 0);
	return rc;
}

enum rc api_token_list(struct req *r, struct reply *out, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct list_ask ask = api_list_ask(r);
	struct tokens tokens;
	enum rc rc = token_list(r->services, r->ctx, &ask, &tokens, err);

	if (rc != RC_OK)
		return rc;
	struct cJSON *items = json_array(a);
	for (size_t i = 0; i < tokens.len; i++)
		json_push(items, token_json(a, &tokens.items[i]));
	api_reply_list(r, out, items, tokens.next_cursor);
	return RC_OK;
}

enum rc api_token_delete(struct req *r, struct reply *out, struct err *err)
{
	uint64_t id;

	if (!span_u64(req_path(r, "id"), INT64_MAX, &id))
		return RC_NOT_FOUND;
	enum rc rc = token_revoke(r->services, r->ctx, (int64_t)id, err);
	if (rc == RC_OK)
		api_reply_deleted(r, out);
	return rc;
}
