/* New mail as it comes: server-sent events with ready-made rows. The bell is only a hint; what is
 * new follows from the folder's uidnext. */
#include "backend/http/sse.h"
#include "mailcore/db/bell.h"
#include "webui/mail/mail.h"

#define EVENT_ROWS_MAX 50 /* more at once: the reader reloads */
#define EVENT_HTML_MAX 65536

struct watch {
	const struct webui_env *env;
	int64_t mailbox_id, inbox_id;
	int64_t uidnext; /* what the reader has seen */
	struct bell_watch *bell;
	enum language language;
};

static void ring(int64_t mailbox_id, int64_t folder_id, void *arg)
{
	sse_wake(arg);
}

static struct html part_of(struct watch *w, struct ctx *ctx, const char *name, struct val *data)
{
	const struct tmpl *t = tmpl_find(w->env->templates[w->language], span_of(name));
	return tmpl_html(t, data, ctx->arena, EVENT_HTML_MAX, NULL);
}

static void send_rows(struct watch *w, const struct mail *m, struct sse *s,
	const struct folder *inbox, const struct snapshot *snap)
{
	size_t from = snapshot_lower_bound(snap, (uint32_t)w->uidnext), len = 0;
	size_t n = snap->len - from;
	struct message_row rows[EVENT_ROWS_MAX];
	if (n == 0 || n > EVENT_ROWS_MAX)
		return;
	enum rc rc = message_rows(m->store, m->ctx, m->mailbox_id, inbox->folder_id,
		&snap->uid[from], n, META_LIST, rows, &len);
	for (size_t i = 0; rc == RC_OK && i < len; i++) {
		size_t at = snapshot_lower_bound(snap, rows[i].uid);
		struct val *data = val_map(m->ctx->arena);
		mail_row_add(m, data, inbox, &rows[i], snap->flags[at], snap->internal_at[at], 0);
		(void)sse_send(s, SPAN("row"), SPAN(""),
			part_of(w, m->ctx, "mail/row", data).markup); /* closing: nobody reads */
	}
}

static void wake(struct sse *s, struct ctx *ctx)
{
	struct watch *w = sse_arg(s);
	struct mail m = {
		.store = w->env->store, .ctx = ctx, .env = w->env, .mailbox_id = w->mailbox_id
	};
	const struct snapshot *snap;
	words_speak(w->language);
	if (folder_list(m.store, ctx, m.mailbox_id, &m.folders) != RC_OK)
		return; /* the next bell, or the poll, tries again */
	const struct folder *inbox = mail_folder_role(&m, "inbox");
	if (!inbox ||
		snapshot_get(m.store, ctx, m.mailbox_id, inbox->folder_id, true, &snap) != RC_OK)
		return;
	send_rows(w, &m, s, inbox, snap);
	w->uidnext = snap->uidnext;
	snapshot_unref(snap);

	struct val *data = val_map(ctx->arena);
	mail_folders_add(&m, data, NULL);
	(void)sse_send(s, SPAN("folders"), SPAN(""), part_of(w, ctx, "mail/folders", data).markup);
}

static void closed(struct sse *s)
{
	struct watch *w = sse_arg(s);
	if (w->bell)
		bell_unwatch(w->env->bells, w->bell);
	heap_free(w);
}

static const struct sse_source source = { wake, closed };

enum rc page_mail_events(struct req *r, struct reply *out, struct err *err)
{
	struct mail m;
	enum rc rc = mail_begin(r, &m);
	if (rc != RC_OK)
		return rc;
	const struct folder *inbox = mail_folder_role(&m, "inbox");
	if (!inbox)
		return err_set(err, RC_NOT_FOUND, "", "This mailbox has no inbox.");

	struct watch *w = heap_zalloc(sizeof *w);
	*w = (struct watch){ m.env, m.mailbox_id, inbox->folder_id, inbox->uidnext, NULL,
		words_language() };
	struct sse *s = reply_sse(r, out, &source, w);
	if (!s) {
		heap_free(w);
		return RC_OK; /* 429, made by reply_sse */
	}
	w->bell = bell_watch(m.env->bells, m.mailbox_id, ring, s);
	return RC_OK;
}
