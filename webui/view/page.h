/*
 * A page: template data begun with what every page has, and sent inside its frame.
 *
 *   struct page p = page_begin(r, "panel/domains", words(W_DOMAINS));
 *   val_set(p.data, ...);
 *   return page_send(&p, out, 200);
 *
 * With X-Frag: 1 only the content is sent, without the frame. A field that a template wants and
 * the handler did not give is logged as an error (ev=page.gap): it is a bug.
 */
#pragma once

#include "backend/http/router.h"
#include "webui/view/tmpl.h"
#include "webui/view/val.h"
#include "webui/view/words.h"

struct store;
struct bells;
struct intake_env;

/* What pages need of the process: req->env. */
struct webui_env {
	const struct tmpl_set *templates[LANGUAGES]; /* one a language */
	const struct route_table *api;               /* to be described; may be NULL */
	const char *hostname;                        /* what people enter in mail programs */
	const char *url; /* https://panel.example.net, for API calls shown */
	unsigned imaps_port, submissions_port, submission_port, pop3s_port;
	struct store *store;             /* webmail */
	struct bells *bells;             /* webmail */
	const struct intake_env *intake; /* webmail: sending */
};

/* Compiles the templates that are in the program; a mistake in them is a bug: abort. */
const struct tmpl_set *webui_templates(struct arena *a, enum language language);

struct page {
	struct req *req;
	const char *name;   /* of the content's template */
	const char *layout; /* of the frame: "panel/layout", "mail/layout", "bare" */
	struct val *data;
};

/* data has: title, host, actor, csrf, flash (from ?done=), is_admin, is_reseller. */
struct page page_begin(struct req *r, const char *name, const char *layout, struct span title);
enum rc page_send(struct page *p, struct reply *out, int status);
/* A template of its own, with the page's data. */
struct html page_part(const struct page *p, const char *name);

/* data.form: one map a field (id, value, error; never a secret's value), errors, has_errors.
 * form NULL: empty fields. */
void page_form(struct page *p, const struct field *fields, const struct form *form);
/* What a service refused because of what was typed: to show the form again with 422. RC_TEMP and
 * RC_DENIED are not. */
bool page_add_refusal(struct req *r, enum rc rc, const struct err *err);

/* 303 to a path with ?done=KEY, which says words "done_KEY" on the next page. */
void page_redirect_done(struct req *r, struct reply *out, struct span path, const char *key);

/* Pager: data.has_pages, first_url, next_url. */
void page_pager(struct page *p, struct span next_cursor);

/* route_table.refuse of both tables: a page that says what is wrong; to /login when nobody is. */
void page_refuse(struct req *r, const struct problem *problem, struct reply *out);
/* route_table.wrap: the language of the request, then the handler. */
handler_fn page_wrap;
/* GET /s/{file} */
enum rc page_static(struct req *r, struct reply *out, struct err *err);

static inline struct webui_env *page_env(const struct req *r)
{
	return r->env;
}
