/* What webmail's pages share: see mail.h. */
#include "webui/mail/mail.h"

#include "mailcore/deliver/outbox.h"
#include "webui/view/format.h"

enum rc mail_begin(struct req *r, struct mail *out)
{
	const struct webui_env *env = page_env(r);
	*out = (struct mail){ .store = env->store,
		.ctx = r->ctx,
		.env = env,
		.mailbox_id = r->actor->mailbox_id,
		.address = r->actor->login };
	return folder_list(env->store, r->ctx, out->mailbox_id, &out->folders);
}

struct span mail_slug(struct arena *a, const struct folder *folder)
{
	if (folder->role.len > 0)
		return folder->role;
	return arena_printf(a, "f%lld", (long long)folder->folder_id);
}

struct span mail_folder_name(const struct folder *folder)
{
	static const struct {
		const char *role;
		enum words_id words;
	} names[] = {
		{ "inbox", W_FOLDER_INBOX },
		{ "drafts", W_FOLDER_DRAFTS },
		{ "sent", W_FOLDER_SENT },
		{ "archive", W_FOLDER_ARCHIVE },
		{ "junk", W_FOLDER_JUNK },
		{ "trash", W_FOLDER_TRASH },
	};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (span_eq(folder->role, span_of(names[i].role)))
			return words(names[i].words);
	}
	return folder->name;
}

const struct folder *mail_folder_role(const struct mail *m, const char *role)
{
	for (size_t i = 0; i < m->folders.len; i++) {
		if (span_eq(m->folders.items[i].role, span_of(role)))
			return &m->folders.items[i];
	}
	return NULL;
}

const struct folder *mail_folder(const struct mail *m, struct span slug)
{
	for (size_t i = 0; i < m->folders.len; i++) {
		if (span_eq(mail_slug(m->ctx->arena, &m->folders.items[i]), slug))
			return &m->folders.items[i];
	}
	return NULL;
}

bool mail_ref_parse(const struct mail *m, struct span slug, struct span uid, struct mail_ref *out)
{
	uint64_t number;
	const struct folder *folder = mail_folder(m, slug);
	if (!folder || !span_u64(uid, UINT32_MAX, &number) || number == 0)
		return false;
	*out = (struct mail_ref){ folder, (uint32_t)number };
	return true;
}

bool mail_ref_parse_pair(const struct mail *m, struct span text, struct mail_ref *out)
{
	size_t dot = span_find(text, '.');
	if (dot == SPAN_NPOS)
		return false;
	return mail_ref_parse(m, span_sub(text, 0, dot), span_from(text, dot + 1), out);
}

/* ------------------------------------------------------------------ folders and rows */

static void icon_add(struct val *item, struct span role)
{
	static const struct {
		const char *role, *key;
	} icons[] = { { "inbox", "is_inbox" }, { "drafts", "is_drafts" }, { "sent", "is_sent" },
		{ "archive", "is_archive" }, { "junk", "is_junk" }, { "trash", "is_trash" } };
	bool known = false;
	for (size_t i = 0; i < sizeof icons / sizeof icons[0]; i++) {
		bool is = span_eq(role, span_of(icons[i].role));
		val_set_bool(item, icons[i].key, is);
		known |= is;
	}
	val_set_bool(item, "is_other", !known);
}

static void folder_add(
	const struct mail *m, struct val *list, const struct folder *f, bool is_current)
{
	struct arena *a = m->ctx->arena;
	struct val *item = val_push(list);
	bool drafts = span_eq(f->role, SPAN("drafts"));
	int64_t count = drafts ? f->messages : f->unseen;
	bool quiet =
		span_eq(f->role, SPAN("sent")) || span_eq(f->role, SPAN("trash")) || count == 0;
	val_set(item, "slug", mail_slug(a, f));
	val_set(item, "name", mail_folder_name(f));
	val_set_bool(item, "is_current", is_current);
	val_set(item, "count", quiet ? SPAN("") : arena_printf(a, "%lld", (long long)count));
	val_set(item, "count_label", words(drafts ? W_MESSAGE_COUNT : W_UNREAD_COUNT));
	icon_add(item, f->role);
}

/* The outbox is there while something is in it. */
static void outbox_add(const struct mail *m, struct val *data)
{
	int64_t n = 0;

	if (outbox_count(m->ctx, m->mailbox_id, &n) != RC_OK)
		n = 0; /* the folders matter more */
	val_set_bool(data, "has_outbox", n > 0 || m->at_outbox);
	val_set_bool(data, "at_outbox", m->at_outbox);
	val_set(data, "outbox_n",
		n > 0 ? arena_printf(m->ctx->arena, "%lld", (long long)n) : SPAN(""));
}

void mail_folders_add(const struct mail *m, struct val *data, const struct folder *current)
{
	static const char *const order[] = { "inbox", "drafts", "sent", "archive", "junk",
		"trash" };
	struct val *list = val_set_list(data, "folders");
	outbox_add(m, data);
	if (m->at_outbox)
		current = NULL;
	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
		const struct folder *f = mail_folder_role(m, order[i]);
		if (f)
			folder_add(m, list, f, f == current);
	}
	for (size_t i = 0; i < m->folders.len; i++) {
		const struct folder *f = &m->folders.items[i];
		if (f->role.len == 0)
			folder_add(m, list, f, f == current);
	}
}

void mail_row_add(const struct mail *m, struct val *row, const struct folder *folder,
	const struct message_row *message, uint8_t flags, int64_t internal_at, uint32_t current_uid)
{
	struct arena *a = m->ctx->arena;
	bool outgoing =
		span_eq(folder->role, SPAN("sent")) || span_eq(folder->role, SPAN("drafts"));
	struct span who = outgoing ? message->to_text : message->from_text;
	val_set_i64(row, "uid", message->uid);
	val_set(row, "folder", mail_slug(a, folder));
	val_set(row, "from", who.len > 0 ? who : words(W_NO_SENDER));
	val_set(row, "subject", message->subject.len > 0 ? message->subject : words(W_NO_SUBJECT));
	val_set(row, "snippet", message->preview);
	val_set(row, "iso", format_iso(a, internal_at));
	val_set(row, "time", format_when(a, internal_at, m->ctx->now_us / 1000000));
	val_set_bool(row, "unread", !(flags & FLAG_SEEN));
	val_set_bool(row, "flagged", flags & FLAG_FLAGGED);
	val_set_bool(row, "attachment", message->has_attachment);
	val_set_bool(row, "is_current", message->uid == current_uid);
}

/* ------------------------------------------------------------------ messages */

enum rc mail_read(const struct mail *m, const struct mail_ref *ref, struct span *out)
{
	struct message_bytes bytes;
	size_t len = 0, done = 0;
	enum rc rc = message_read(m->store, m->ctx, m->mailbox_id, ref->folder->folder_id,
		&ref->uid, 1, false, MAIL_BYTES_MAX, &bytes, &len, &done);
	if (rc != RC_OK)
		return rc;
	if (len == 0)
		return RC_NOT_FOUND;
	*out = bytes.bytes;
	return bytes.unreadable ? RC_TEMP : RC_OK;
}

enum rc mail_flag(const struct mail *m, const struct folder *folder, const uint32_t *uids, size_t n,
	enum flag_op op, uint8_t flags)
{
	struct flag_change change = {
		.uids = uids, .n_uids = n, .op = op, .flags = flags, .unchanged_since = -1
	};
	struct flag_result result;
	return message_set_flags(
		m->store, m->ctx, m->mailbox_id, folder->folder_id, &change, &result);
}
