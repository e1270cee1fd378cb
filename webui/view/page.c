/* Pages: see page.h. */
#include "webui/view/page.h"

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "webui/view/assets.h"
#include "webui/view/format.h"
#include "webui/view/html.h"

#define PAGE_MAX (8u << 20)

static struct span asset_address(struct span file)
{
	const struct asset *asset = asset_find(file);
	return asset ? asset->path : SPAN_NONE;
}

const struct tmpl_set *webui_templates(struct arena *a, enum language language)
{
	static const struct tmpl_names names = { words_find, asset_address };
	struct tmpl_set *set = NULL;
	struct err err;
	enum language before = words_language();
	words_speak(language);
	enum rc rc = tmpl_compile(a, template_sources, template_sources_len, &names, &set, &err);
	if (rc != RC_OK)
		log_error("template.bad", "why=%s", log_text(a, span_of(err.text)));
	ASSERT(rc == RC_OK);
	words_speak(before);
	return set;
}

/* ?done=KEY names words of the catalogue and nothing else. */
static struct span flash_words(struct req *r)
{
	struct span key = req_query(r, "done");
	if (key.len == 0 || key.len > 40)
		return SPAN("");
	struct span found =
		words_find(arena_printf(r->ctx->arena, "done_" SPAN_FMT, SPAN_ARG(key)));
	return found.ptr ? found : SPAN("");
}

/* "14:05 UTC" */
static struct span until_words(struct arena *a, int64_t time_s)
{
	return arena_printf(a, SPAN_FMT " UTC", SPAN_ARG(format_when(a, time_s, time_s)));
}

/* Whoever acts for somebody sees so on every page. */
static void support_add(struct page *p)
{
	const struct actor *actor = p->req->actor;
	bool acting = actor && actor->supporter.len > 0;

	val_set_bool(p->data, "is_acting", acting);
	val_set(p->data, "supporter", acting ? actor->supporter : SPAN(""));
	val_set(p->data, "acting_until",
		acting ? until_words(p->req->ctx->arena, actor->acting_until_us / USEC_PER_SEC)
		       : SPAN(""));
}

struct page page_begin(struct req *r, const char *name, const char *layout, struct span title)
{
	struct page p = { r, name, layout, val_map(r->ctx->arena) };
	enum account_role role = r->actor ? r->actor->role : ROLE_MAILBOX;
	val_set(p.data, "title", title);
	val_set_cstr(p.data, "host", page_env(r)->hostname);
	val_set(p.data, "actor", r->actor ? r->actor->login : SPAN(""));
	support_add(&p);
	val_set(p.data, "csrf", req_csrf(r));
	val_set(p.data, "flash", flash_words(r));
	val_set_bool(p.data, "is_admin", role == ROLE_ADMIN);
	val_set_bool(p.data, "is_reseller", role == ROLE_ADMIN || role == ROLE_RESELLER);
	return p;
}

static const struct tmpl *template_of(const struct page *p, const char *name)
{
	const struct tmpl *t =
		tmpl_find(page_env(p->req)->templates[words_language()], span_of(name));
	ASSERT(t != NULL);
	return t;
}

static void log_gaps(const char *name, const struct tmpl_gaps *gaps)
{
	if (gaps->missing > 0)
		log_error("page.gap", "template=%s missing=%zu first=%s", name, gaps->missing,
			gaps->first);
}

struct html page_part(const struct page *p, const char *name)
{
	struct tmpl_gaps gaps = { 0 };
	struct html out =
		tmpl_html(template_of(p, name), p->data, p->req->ctx->arena, PAGE_MAX, &gaps);
	log_gaps(name, &gaps);
	return out;
}

enum rc page_send(struct page *p, struct reply *out, int status)
{
	struct str *body = reply_begin(p->req, out, status, "text/html; charset=utf-8");
	const char *name = p->req->is_fragment ? p->name : p->layout;
	if (!p->req->is_fragment)
		val_set_html(p->data, "content", page_part(p, p->name));

	struct tmpl_gaps gaps = { 0 };
	tmpl_render(template_of(p, name), p->data, body, &gaps);
	log_gaps(name, &gaps);
	return RC_OK;
}

/* ------------------------------------------------------------------ forms */

static void field_add(struct val *form, const struct field *field, const struct form *input)
{
	struct val *map = val_set_map(form, field->name);
	const struct field_value *value = input ? form_get(input, field->name) : NULL;
	const struct field_error *error = input ? form_error(input, field->name) : NULL;
	bool shown = value && field->type != FIELD_SECRET;
	val_set_cstr(map, "id", field->name);
	val_set(map, "value", shown ? value->text : SPAN(""));
	val_set(map, "error", error ? error->detail : SPAN(""));
}

void page_form(struct page *p, const struct field *fields, const struct form *input)
{
	struct val *form = val_set_map(p->data, "form");
	for (const struct field *f = fields; f && f->type != FIELD_END; f++)
		field_add(form, f, input);
	struct val *errors = val_set_list(form, "errors");
	for (size_t i = 0; input && i < input->n_errors; i++) {
		struct val *error = val_push(errors);
		val_set(error, "field", input->errors[i].field);
		val_set(error, "detail", input->errors[i].detail);
	}
	val_set_bool(form, "has_errors", input && input->n_errors > 0);
}

bool page_add_refusal(struct req *r, enum rc rc, const struct err *err)
{
	switch (rc) {
	case RC_INVALID:
	case RC_EXISTS:
	case RC_LIMIT:
	case RC_CONFLICT:
	case RC_NOT_FOUND:
		form_add_error(
			r->ctx, &r->form, span_of(err->field), rc_name(rc), span_of(err->text));
		return true;
	case RC_OK:
	case RC_DENIED:
	case RC_TEMP:
	case RC_CLOSED:
		return false;
	}
	return false;
}

void page_redirect_done(struct req *r, struct reply *out, struct span path, const char *key)
{
	struct span target = arena_printf(r->ctx->arena, SPAN_FMT "?done=%s", SPAN_ARG(path), key);
	reply_redirect(r, out, target);
}

void page_pager(struct page *p, struct span next_cursor)
{
	struct req *r = p->req;
	static const char *const kept[] = { "q", "sort", "state", "direction", "since" };
	struct str url = str_in(r->ctx->arena, 8192);
	str_add_cstr(&url, "?cursor=");
	url_add_component(&url, next_cursor);
	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
		struct span value = req_query(r, kept[i]);
		if (value.len == 0)
			continue;
		str_addf(&url, "&%s=", kept[i]);
		url_add_component(&url, value);
	}
	bool has_next = next_cursor.len > 0, is_first = req_query(r, "cursor").len == 0;
	val_set(p->data, "next_url", has_next ? str_span(&url) : SPAN(""));
	val_set(p->data, "first_url", is_first ? SPAN("") : r->path);
	val_set_bool(p->data, "has_pages", has_next || !is_first);
}

/* ------------------------------------------------------------------ refusals */

static struct span problem_title(int status)
{
	switch (status) {
	case 400:
	case 413:
	case 415:
	case 422:
		return words(W_PROBLEM_400);
	case 401:
	case 403:
		return words(W_PROBLEM_403);
	case 404:
	case 405:
		return words(W_PROBLEM_404);
	case 409:
	case 412:
		return words(W_PROBLEM_409);
	case 421:
		return words(W_PROBLEM_421);
	case 429:
		return words(W_PROBLEM_429);
	case 503:
		return words(W_PROBLEM_503);
	default:
		return words(W_PROBLEM_500);
	}
}

static void speak(const struct req *r)
{
	words_speak(words_language_of(
		r->actor ? r->actor->language : SPAN(""), req_header(r, "Accept-Language")));
}

enum rc page_wrap(struct req *r, struct reply *out, struct err *err)
{
	speak(r);
	return r->route->handler(r, out, err);
}

void page_refuse(struct req *r, const struct problem *problem, struct reply *out)
{
	speak(r);
	if (problem->status == 401 && !r->is_fragment) {
		reply_redirect(r, out, SPAN("/login"));
		return;
	}
	if (strcmp(problem->code, "second_factor_required") == 0) {
		reply_redirect(r, out, SPAN("/account"));
		return;
	}
	struct page p = page_begin(r, "problem", "bare", problem_title(problem->status));
	val_set(p.data, "detail", problem->detail);
	val_set_cstr(p.data, "request_id", r->id);
	(void)page_send(&p, out, problem->status); /* always RC_OK */
}

enum rc page_static(struct req *r, struct reply *out, struct err *err)
{
	const struct asset *asset = asset_find_path(r->path);
	if (!asset)
		return err_set(err, RC_NOT_FOUND, "", "There is no such file.");
	struct arena *a = r->ctx->arena;
	reply_static(r, out, arena_cstr(a, asset->type), asset->bytes, asset->gzip,
		arena_cstr(a, span_from(asset->path, 3)), true);
	return RC_OK;
}
