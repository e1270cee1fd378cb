/* A folder: its list of messages, and what is done to several of them. */
#include "mailcore/deliver/outbox.h"
#include "webui/mail/mail.h"

static const char *const bulk_actions[] = { "archive", "trash", "read", "unread", NULL };
static const char *const message_actions[] = { "archive", "trash", "junk", "inbox", "read",
	"unread", "star", "unstar", NULL };

const struct field mail_bulk_fields[] = {
	{ "do", FIELD_CHOICE, FIELD_REQUIRED, .choices = bulk_actions },
	{ "uid", FIELD_TEXTS, FIELD_REQUIRED, .max = 200 },
	{ 0 },
};
const struct field mail_action_fields[] = {
	{ "do", FIELD_CHOICE, FIELD_REQUIRED, .choices = message_actions },
	{ 0 },
};

/* ?undo=ID&seconds=N, behind a message that has been sent just now. */
static void undo_add(struct page *p)
{
	struct req *r = p->req;
	struct uuid id;
	uint64_t seconds = 0;
	bool there = uuid_parse(req_query(r, "undo"), &id) &&
		span_u64(req_query(r, "seconds"), OUTBOX_UNDO_S_MAX, &seconds);
	struct words_arg arg = { "s",
		arena_printf(r->ctx->arena, "%llu", (unsigned long long)seconds) };

	val_set(p->data, "undo", there ? req_query(r, "undo") : SPAN(""));
	val_set(p->data, "undo_seconds", arg.value);
	val_set(p->data, "undo_words", words_fill(r->ctx->arena, W_SENDING_IN, &arg, 1));
}

enum rc mail_page(struct mail *m, struct req *r, const char *name, struct span title,
	const struct folder *folder, uint32_t current_uid, bool is_open, struct page *out)
{
	*out = page_begin(r, name, "mail/layout", title);
	if (r->is_fragment) {
		val_set(out->data, "folder", mail_slug(r->ctx->arena, folder));
		return RC_OK;
	}
	enum rc rc = mail_list_add(m, out, folder, current_uid);
	if (rc != RC_OK)
		return rc;
	undo_add(out);
	mail_folders_add(m, out->data, folder);
	val_set_bool(out->data, "is_open", is_open);
	val_set_html(out->data, "list", page_part(out, "mail/list"));
	return RC_OK;
}

enum rc page_mail(struct req *r, struct reply *out, struct err *err)
{
	reply_redirect(r, out, SPAN("/mail/inbox"));
	return RC_OK;
}

static struct span folder_title(struct arena *a, const struct mail *m, const struct folder *f)
{
	if (f->unseen == 0)
		return arena_printf(a, SPAN_FMT " – " SPAN_FMT, SPAN_ARG(mail_folder_name(f)),
			SPAN_ARG(m->address));
	return arena_printf(a, "(%lld) " SPAN_FMT " – " SPAN_FMT, (long long)f->unseen,
		SPAN_ARG(mail_folder_name(f)), SPAN_ARG(m->address));
}

enum rc page_mail_folder(struct req *r, struct reply *out, struct err *err)
{
	struct mail m;
	enum rc rc = mail_begin(r, &m);
	if (rc != RC_OK)
		return rc;
	const struct folder *folder = mail_folder(&m, req_path(r, "folder"));
	if (!folder)
		return err_set(err, RC_NOT_FOUND, "", "There is no such folder.");

	struct page p;
	struct span title = folder_title(r->ctx->arena, &m, folder);
	if (r->is_fragment) { /* older rows */
		p = page_begin(r, "mail/rows", "mail/layout", title);
		rc = mail_list_add(&m, &p, folder, 0);
	} else {
		rc = mail_page(&m, r, "mail/none", title, folder, 0, false, &p);
	}
	if (rc != RC_OK)
		return rc;
	return page_send(&p, out, 200);
}

/* ------------------------------------------------------------------ actions */

/* To the folder with this role; out of the trash means for good. *out_done: words "done_*". */
static enum rc move_to(const struct mail *m, const struct folder *folder, const uint32_t *uids,
	size_t n, const char *role, const char **out_done)
{
	bool for_good = span_eq(folder->role, SPAN("trash")) && strcmp(role, "trash") == 0;
	if (for_good) {
		*out_done = "deleted";
		return message_expunge(m->store, m->ctx, m->mailbox_id, folder->folder_id, uids, n,
			false, NULL, NULL);
	}
	const struct folder *to = mail_folder_role(m, role);
	if (!to)
		return RC_NOT_FOUND;
	*out_done = arena_printf(m->ctx->arena, "moved_%s", role).ptr;
	struct uid_pairs pairs;
	return message_move(
		m->store, m->ctx, m->mailbox_id, folder->folder_id, uids, n, to->folder_id, &pairs);
}

static enum rc act(const struct mail *m, const struct folder *folder, const uint32_t *uids,
	size_t n, struct span action, const char **out_done)
{
	static const struct {
		const char *name;
		enum flag_op op;
		uint8_t flags;
	} flags[] = {
		{ "read", FLAGS_ADD, FLAG_SEEN },
		{ "unread", FLAGS_REMOVE, FLAG_SEEN },
		{ "star", FLAGS_ADD, FLAG_FLAGGED },
		{ "unstar", FLAGS_REMOVE, FLAG_FLAGGED },
	};
	*out_done = "marked";
	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
		if (span_eq(action, span_of(flags[i].name)))
			return mail_flag(m, folder, uids, n, flags[i].op, flags[i].flags);
	}
	return move_to(m, folder, uids, n, arena_cstr(m->ctx->arena, action), out_done);
}

static struct span folder_path(struct arena *a, const struct folder *folder)
{
	return arena_printf(a, "/mail/" SPAN_FMT, SPAN_ARG(mail_slug(a, folder)));
}

static enum rc act_and_return(struct req *r, struct reply *out, const struct mail *m,
	const struct folder *folder, const uint32_t *uids, size_t n)
{
	const char *done;
	struct span action = form_text(&r->form, "do");
	enum rc rc = act(m, folder, uids, n, action, &done);
	if (rc != RC_OK)
		return rc;
	bool stays = span_ends(action, SPAN("star"));
	struct span path = folder_path(r->ctx->arena, folder);
	if (stays)
		path = arena_printf(r->ctx->arena, SPAN_FMT "/%u", SPAN_ARG(path), uids[0]);
	page_redirect_done(r, out, path, done);
	return RC_OK;
}

enum rc page_mail_message_post(struct req *r, struct reply *out, struct err *err)
{
	struct mail m;
	struct mail_ref ref;
	enum rc rc = mail_begin(r, &m);
	if (rc != RC_OK)
		return rc;
	if (!mail_ref_parse(&m, req_path(r, "folder"), req_path(r, "uid"), &ref))
		return err_set(err, RC_NOT_FOUND, "", "There is no such message.");
	if (r->form.n_errors > 0)
		return err_set(err, RC_INVALID, "do", "There is no such action.");
	return act_and_return(r, out, &m, ref.folder, &ref.uid, 1);
}

static int uid_order(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

enum rc page_mail_bulk_post(struct req *r, struct reply *out, struct err *err)
{
	struct mail m;
	enum rc rc = mail_begin(r, &m);
	if (rc != RC_OK)
		return rc;
	const struct folder *folder = mail_folder(&m, req_path(r, "folder"));
	if (!folder)
		return err_set(err, RC_NOT_FOUND, "", "There is no such folder.");
	const struct field_value *chosen = form_get(&r->form, "uid");
	uint32_t *uids = arena_array(r->ctx->arena, chosen->n_items + 1, sizeof *uids);
	size_t n = 0;
	for (size_t i = 0; i < chosen->n_items; i++) {
		uint64_t uid;
		if (span_u64(chosen->items[i], UINT32_MAX, &uid))
			uids[n++] = (uint32_t)uid;
	}
	if (n == 0 || r->form.n_errors > 0) {
		reply_redirect(r, out, folder_path(r->ctx->arena, folder));
		return RC_OK;
	}
	qsort(uids, n, sizeof *uids, uid_order);
	return act_and_return(r, out, &m, folder, uids, n);
}
