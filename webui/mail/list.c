/* The pane with a folder's messages: newest first, by cursor, or those that a search finds. */
#include "webui/mail/mail.h"
#include "webui/view/html.h"

#define SCAN_BATCH 500 /* rows of one round trip of a search */

struct listing {
	const struct mail *m;
	const struct folder *folder;
	const struct snapshot *snap;
	struct span search;
	uint32_t current_uid;
	struct val *rows;
	size_t n_rows, max_rows;
	uint32_t last_uid; /* the oldest row */
};

static bool matches(const struct message_row *row, struct span search)
{
	return search.len == 0 || span_ifind_span(row->subject, search) != SPAN_NPOS ||
		span_ifind_span(row->from_text, search) != SPAN_NPOS ||
		span_ifind_span(row->to_text, search) != SPAN_NPOS;
}

static void row_add(struct listing *l, const struct message_row *row)
{
	size_t i = snapshot_lower_bound(l->snap, row->uid);
	if (i == l->snap->len || l->snap->uid[i] != row->uid)
		return;
	mail_row_add(l->m, val_push(l->rows), l->folder, row, l->snap->flags[i],
		l->snap->internal_at[i], l->current_uid);
	l->n_rows++;
	l->last_uid = row->uid;
}

/* The messages from index `from` up to `to`, newest first. */
static enum rc batch_add(struct listing *l, size_t from, size_t to)
{
	struct ctx *ctx = l->m->ctx;
	size_t n = 0, len = 0;
	uint32_t *uids = arena_array(ctx->arena, to - from + 1, sizeof *uids);
	for (size_t i = from; i < to; i++) {
		if (!(l->snap->flags[i] & FLAG_DELETED))
			uids[n++] = l->snap->uid[i];
	}
	if (n == 0)
		return RC_OK;
	struct message_row *rows = arena_array(ctx->arena, n, sizeof *rows);
	enum rc rc = message_rows(l->m->store, ctx, l->m->mailbox_id, l->folder->folder_id, uids, n,
		META_LIST, rows, &len);
	if (rc != RC_OK)
		return rc;
	for (size_t i = len; i-- > 0 && l->n_rows < l->max_rows;) {
		if (matches(&rows[i], l->search))
			row_add(l, &rows[i]);
	}
	return RC_OK;
}

/* Downwards from `end`; *out_more: there are older ones. */
static enum rc walk(struct listing *l, size_t end, bool *out_more)
{
	size_t step = l->search.len > 0 ? SCAN_BATCH : l->max_rows;
	size_t seen = 0, at = end;
	while (at > 0 && l->n_rows < l->max_rows && seen < MAIL_SCAN_MAX) {
		size_t from = at > step ? at - step : 0;
		enum rc rc = batch_add(l, from, at);
		if (rc != RC_OK)
			return rc;
		seen += at - from;
		at = from;
	}
	*out_more = at > 0 || (l->n_rows == l->max_rows && l->search.len > 0);
	return RC_OK;
}

static struct span older_url(struct listing *l)
{
	struct arena *a = l->m->ctx->arena;
	struct str url = str_in(a, 4096);
	str_add_cstr(&url, "/mail/");
	url_add_component(&url, mail_slug(a, l->folder));
	str_addf(&url, "?before=%u", l->last_uid);
	if (l->search.len > 0) {
		str_add_cstr(&url, "&q=");
		url_add_component(&url, l->search);
	}
	return str_span(&url);
}

static void list_begin(struct page *p, struct listing *l)
{
	struct val *data = p->data;
	val_set(data, "folder", mail_slug(l->m->ctx->arena, l->folder));
	val_set(data, "folder_name", mail_folder_name(l->folder));
	val_set(data, "q", l->search);
	l->rows = val_set_list(data, "rows");
}

static enum rc list_fill(struct listing *l, struct page *p)
{
	uint64_t before;
	size_t end = l->snap->len;
	if (span_u64(req_query(p->req, "before"), UINT32_MAX, &before))
		end = snapshot_lower_bound(l->snap, (uint32_t)before);
	bool more = false;
	enum rc rc = walk(l, end, &more);
	if (rc != RC_OK)
		return rc;
	val_set(p->data, "older_url", more && l->n_rows > 0 ? older_url(l) : SPAN(""));
	val_set_bool(p->data, "has_rows", l->n_rows > 0);
	return RC_OK;
}

enum rc mail_list_add(
	const struct mail *m, struct page *p, const struct folder *folder, uint32_t current_uid)
{
	struct span search = span_trim(req_query(p->req, "q"));
	struct listing l = { .m = m,
		.folder = folder,
		.search = search,
		.current_uid = current_uid,
		.max_rows = search.len > 0 ? MAIL_HITS_MAX : MAIL_PAGE_ROWS };
	enum rc rc =
		snapshot_get(m->store, m->ctx, m->mailbox_id, folder->folder_id, true, &l.snap);
	if (rc != RC_OK)
		return rc;
	list_begin(p, &l);
	rc = list_fill(&l, p);
	snapshot_unref(l.snap);
	return rc;
}
