/* API tokens: made (and shown once), listed, revoked on one page. */
#include "backend/accounts/token_service.h"
#include "mailcore/base/clock.h"
#include "webui/panel/panel.h"
#include "webui/view/format.h"

#define TOKEN_ID_MAX ((uint64_t)1 << 53)

const struct field token_fields[] = {
	{ "label", FIELD_TEXT, FIELD_REQUIRED, .max = 100 },
	{ "scopes", FIELD_TEXTS, FIELD_REQUIRED },
	{ 0 },
};

static void token_add(struct page *p, struct val *list, const struct token *token)
{
	struct arena *a = p->req->ctx->arena;
	struct val *item = val_push(list);
	val_set_i64(item, "token_id", token->token_id);
	val_set(item, "label", token->label);
	val_set(item, "used",
		token->used_at_us > 0 ? format_time(a, token->used_at_us / USEC_PER_SEC)
				      : words(W_NEVER));
	struct val *scopes = val_set_list(item, "scopes");
	for (size_t i = 0; i < token->n_scopes; i++)
		val_push_text(scopes, token->scopes[i]);
}

static enum rc tokens_page(
	struct req *r, struct reply *out, int status, struct span secret, struct err *err)
{
	struct list_ask ask = panel_list_ask(r);
	struct tokens tokens;
	enum rc rc = token_list(r->services, r->ctx, &ask, &tokens, err);
	if (rc != RC_OK)
		return rc;

	struct page p = panel_begin(r, "panel/tokens", "tokens", words(W_TOKENS));
	struct val *list = val_set_list(p.data, "tokens");
	for (size_t i = 0; i < tokens.len; i++)
		token_add(&p, list, &tokens.items[i]);
	struct val *choices = val_set_list(p.data, "scope_choices");
	for (const char *const *scope = token_scopes; *scope; scope++)
		val_push_text(choices, span_of(*scope));
	val_set_bool(p.data, "is_empty", tokens.len == 0);
	val_set(p.data, "secret", secret);
	page_form(&p, token_fields, r->form.n_errors > 0 ? &r->form : NULL);
	panel_api_call(&p, "POST", "/api/v1/tokens",
		"{\"label\": \"billing\", \"scopes\": [\"mailboxes:write\"]}");
	return page_send(&p, out, status);
}

enum rc page_tokens(struct req *r, struct reply *out, struct err *err)
{
	return tokens_page(r, out, 200, SPAN(""), err);
}

enum rc page_tokens_post(struct req *r, struct reply *out, struct err *err)
{
	if (r->form.n_errors > 0)
		return tokens_page(r, out, 422, SPAN(""), err);
	const struct field_value *scopes = form_get(&r->form, "scopes");
	struct token_new in = { .label = form_text(&r->form, "label"),
		.scopes = scopes->items,
		.n_scopes = scopes->n_items };
	struct token token;
	enum rc rc = token_create(r->services, r->ctx, &in, &token, err);
	if (page_add_refusal(r, rc, err))
		return tokens_page(r, out, 422, SPAN(""), err);
	if (rc != RC_OK)
		return rc;
	/* The secret is shown once, so this page is the answer to the POST. */
	return tokens_page(r, out, 200, token.secret, err);
}

enum rc page_token_delete_post(struct req *r, struct reply *out, struct err *err)
{
	uint64_t id;
	if (!span_u64(req_path(r, "id"), TOKEN_ID_MAX, &id))
		return err_set(err, RC_NOT_FOUND, "", "There is no such token.");
	enum rc rc = token_revoke(r->services, r->ctx, (int64_t)id, err);
	if (rc == RC_OK)
		page_redirect_done(r, out, SPAN("/tokens"), "token_revoked");
	return rc;
}
