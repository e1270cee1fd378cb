/* One message: its page, its HTML document, its attachments and bytes. */
#include "mailcore/base/utf8.h"
#include "mailcore/deliver/intake.h"
#include "mailcore/mime/address.h"
#include "mailcore/mime/date.h"
#include "mailcore/mime/header.h"
#include "mailcore/mime/part.h"
#include "mailcore/mime/text.h"
#include "webui/mail/html_clean.h"
#include "webui/mail/mail.h"
#include "webui/view/format.h"
#include "webui/view/html.h"

#define TEXT_MAX       (8u << 20) /* of a body that is shown */
#define ATTACHMENT_MAX (80u << 20)
#define SECTION_DEPTH  (PART_DEPTH_MAX + 2)

/* A policy of its own: no script, nothing from elsewhere, a sandbox even when opened directly. */
#define BODY_CSP(images)                                                                           \
	"default-src 'none'; script-src 'none'; style-src 'self' 'unsafe-inline'; "                \
	"img-src 'self' data:" images                                                              \
	"; sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; "                \
	"frame-ancestors 'self'; form-action 'none'; base-uri 'none'"

static enum rc open_message(struct req *r, struct mail *m, struct mail_ref *ref,
	struct span *out_bytes, struct err *err)
{
	enum rc rc = mail_begin(r, m);
	if (rc != RC_OK)
		return rc;
	if (!mail_ref_parse(m, req_path(r, "folder"), req_path(r, "uid"), ref))
		return err_set(err, RC_NOT_FOUND, "", "There is no such message.");
	rc = mail_read(m, ref, out_bytes);
	if (rc == RC_NOT_FOUND)
		return err_set(err, rc, "", "This message is not here any more.");
	return rc;
}

/* ------------------------------------------------------------------ people */

static struct address_list addresses_of(struct arena *a, struct span header, struct span name)
{
	struct address_list list = { 0 };
	struct header_field field;
	if (header_find(header, name, &field))
		address_list_parse(a, header_unfold(a, field.value), &list);
	return list;
}

static struct span spec_of(struct arena *a, const struct address *address)
{
	struct str out = str_in(a, 1024);
	address_add_spec(&out, address);
	return str_span(&out);
}

static struct span name_of(struct arena *a, const struct address *address)
{
	return address->name.len > 0 ? address->name : spec_of(a, address);
}

static struct span list_text(struct arena *a, const struct address_list *list)
{
	struct str out = str_in(a, 65536);
	for (size_t i = 0; i < list->len; i++) {
		const struct address *address = &list->items[i];
		if (address->kind != ADDRESS_MAILBOX)
			continue;
		if (out.len > 0)
			str_add_cstr(&out, ", ");
		if (address->name.len > 0) {
			str_add(&out, address->name);
			str_add_cstr(&out, " <");
		}
		str_add(&out, spec_of(a, address));
		if (address->name.len > 0)
			str_add_c(&out, '>');
	}
	return str_span(&out);
}

/* "to me and 2 others" */
static struct span to_line(struct arena *a, const struct address_list *to, struct span me)
{
	int64_t n = 0;
	bool mine = false;
	const struct address *first = address_first(to);
	for (size_t i = 0; i < to->len; i++) {
		bool mailbox = to->items[i].kind == ADDRESS_MAILBOX;
		n += mailbox;
		mine |= mailbox && span_ieq(spec_of(a, &to->items[i]), me);
	}
	if (mine && n == 1)
		return words(W_TO_ME);
	if (mine)
		return words_count(a, W_TO_ME_MORE_ONE, W_TO_ME_MORE_OTHER, n - 1);
	struct words_arg args[] = { { "name", first ? name_of(a, first) : SPAN("–") },
		{ "n", arena_printf(a, "%ld", (long)(n - 1)) } };
	if (n <= 1)
		return words_fill(a, W_TO_ONE, args, 2);
	return words_fill(a, n == 2 ? W_TO_MANY_ONE : W_TO_MANY_OTHER, args, 2);
}

static void people_add(struct page *p, struct span header, struct span me)
{
	struct arena *a = p->req->ctx->arena;
	struct address_list from = addresses_of(a, header, SPAN("From"));
	struct address_list to = addresses_of(a, header, SPAN("To"));
	struct address_list cc = addresses_of(a, header, SPAN("Cc"));
	const struct address *author = address_first(&from);
	struct span name = author ? name_of(a, author) : words(W_NO_SENDER);
	uint32_t first_code;
	size_t first = utf8_decode(name, &first_code);
	val_set(p->data, "from_name", name);
	val_set(p->data, "from_address", author ? spec_of(a, author) : SPAN(""));
	val_set(p->data, "initial", span_sub(name, 0, first));
	val_set(p->data, "from_full", list_text(a, &from));
	val_set(p->data, "to_full", list_text(a, &to));
	val_set(p->data, "cc_full", list_text(a, &cc));
	val_set(p->data, "to_line", to_line(a, &to, me));
}

static void date_add_fields(struct page *p, struct span header)
{
	struct arena *a = p->req->ctx->arena;
	struct header_field field;
	struct date date = { 0 };
	bool known = header_find(header, SPAN("Date"), &field) && date_parse(field.value, &date);
	val_set(p->data, "iso", known ? format_iso(a, date.utc_s) : SPAN(""));
	val_set(p->data, "date_short", known ? format_time(a, date.utc_s) : SPAN(""));
	val_set(p->data, "date_full", known ? format_time_full(a, date.utc_s) : SPAN(""));
}

/* ------------------------------------------------------------------ bodies */

struct cid_place {
	struct arena *arena;
	const struct part *root;
	struct span folder;
	uint32_t uid;
};

static struct span attachment_url(struct cid_place *place, const struct part *part)
{
	struct str url = str_in(place->arena, 1024);
	str_add_cstr(&url, "/mail/att/");
	url_add_component(&url, place->folder);
	str_addf(&url, "/%u/", place->uid);
	str_add(&url, part_number(place->arena, part));
	str_add_cstr(&url, "/image");
	return str_span(&url);
}

static struct span cid_url(struct span content_id, void *arg)
{
	struct cid_place *place = arg;
	for (const struct part *part = place->root; part; part = part_next(part)) {
		struct span id = span_trim(part->id);
		if (id.len > 2 && id.ptr[0] == '<')
			id = span_sub(id, 1, id.len - 2);
		if (id.len > 0 && span_eq(id, content_id))
			return attachment_url(place, part);
	}
	return SPAN_NONE;
}

static struct span text_of(struct arena *a, const struct part *part)
{
	struct str out = str_in(a, TEXT_MAX);
	part_text_add(&out, part);
	return str_span(&out);
}

static struct html clean_body(struct req *r, const struct part *root, const struct part *part,
	const struct mail_ref *ref, bool images, struct html_clean_stats *stats)
{
	struct arena *a = r->ctx->arena;
	struct cid_place place = { a, root, mail_slug(a, ref->folder), ref->uid };
	struct html_clean_options options = { images, cid_url, &place };
	return html_clean(a, text_of(a, part), &options, stats);
}

static bool wants_images(const struct req *r)
{
	return span_eq(req_query(r, "images"), SPAN("1"));
}

static void body_add(struct page *p, const struct part *root, const struct mail_ref *ref)
{
	struct arena *a = p->req->ctx->arena;
	const struct part *html = mime_find_text(root, true);
	const struct part *text = html ? NULL : mime_find_text(root, false);
	struct html_clean_stats stats = { 0 };
	bool images = wants_images(p->req);
	if (html)
		(void)clean_body(p->req, root, html, ref, images, &stats);
	bool blocked = !images && stats.remote > 0;
	val_set_bool(p->data, "has_html", html != NULL);
	val_set_bool(p->data, "images", images);
	val_set(p->data, "blocked",
		blocked ? words_count(a, W_BLOCKED_ONE, W_BLOCKED_OTHER, (int64_t)stats.remote)
			: SPAN(""));
	val_set_html(p->data, "text", html_of_text(a, text ? text_of(a, text) : SPAN("")));
}

static void files_add(struct page *p, const struct part *root)
{
	struct arena *a = p->req->ctx->arena;
	struct attachment *files;
	size_t n = mime_attachments(a, root, &files);
	struct val *list = val_set_list(p->data, "files");
	for (size_t i = 0; i < n; i++) {
		struct val *item = val_push(list);
		val_set(item, "section", files[i].section);
		val_set(item, "filename", files[i].filename);
		val_set(item, "size", format_size(a, (int64_t)files[i].size));
	}
	val_set_bool(p->data, "has_files", n > 0);
}

/* ------------------------------------------------------------------ the page */

static enum rc flags_of(const struct mail *m, const struct mail_ref *ref, uint8_t *out)
{
	const struct snapshot *snap;
	enum rc rc =
		snapshot_get(m->store, m->ctx, m->mailbox_id, ref->folder->folder_id, false, &snap);
	if (rc != RC_OK)
		return rc;
	size_t i = snapshot_lower_bound(snap, ref->uid);
	*out = i < snap->len && snap->uid[i] == ref->uid ? snap->flags[i] : 0;
	snapshot_unref(snap);
	return RC_OK;
}

static enum rc mark_seen(const struct mail *m, const struct mail_ref *ref, uint8_t *out_flags)
{
	enum rc rc = flags_of(m, ref, out_flags);
	if (rc != RC_OK || *out_flags & FLAG_SEEN)
		return rc;
	return mail_flag(m, ref->folder, &ref->uid, 1, FLAGS_ADD, FLAG_SEEN);
}

static void actions_add(struct page *p, const struct mail_ref *ref, uint8_t flags)
{
	val_set_i64(p->data, "uid", ref->uid);
	val_set_bool(p->data, "flagged", flags & FLAG_FLAGGED);
	val_set_bool(p->data, "is_draft", span_eq(ref->folder->role, SPAN("drafts")));
	val_set_bool(p->data, "is_junk", span_eq(ref->folder->role, SPAN("junk")));
	val_set_bool(p->data, "can_archive", !span_eq(ref->folder->role, SPAN("archive")));
}

/* ------------------------------------------------------------------ what became of it */

/* Events in the words of a person who waits for an answer. */
static const struct sent_words {
	const char *event, *hue;
	enum words_id words;
} sent_words[] = {
	{ "message.sent", "ok", W_SENT_SENT },
	{ "message.delivered", "ok", W_SENT_DELIVERED },
	{ "message.junked", "ok", W_SENT_DELIVERED },
	{ "message.queued", "in", W_SENT_QUEUED },
	{ "message.deferred", "wa", W_SENT_DELAYED },
	{ "message.held", "wa", W_SENT_HELD },
	{ "message.failed", "er", W_SENT_FAILED },
	{ "message.removed", "er", W_SENT_REMOVED },
	{ "message.cancelled", "wa", W_SENT_CANCELLED },
};

static const struct sent_words *sent_words_of(struct span state)
{
	static const struct sent_words other = { "", "in", W_SENT_QUEUED };

	for (size_t i = 0; i < sizeof sent_words / sizeof sent_words[0]; i++) {
		if (span_eq(state, span_of(sent_words[i].event)))
			return &sent_words[i];
	}
	return &other;
}

static void sent_state_add(struct page *p, struct val *list, const struct sent_state *s)
{
	struct arena *a = p->req->ctx->arena;
	const struct sent_words *w = sent_words_of(s->state);
	struct val *item = val_push(list);

	val_set(item, "rcpt", s->rcpt);
	val_set(item, "text", s->text);
	val_set_cstr(item, "hue", w->hue);
	val_set(item, "state", words(w->words));
	val_set(item, "iso", format_iso(a, s->at_s));
	val_set(item, "when", format_when(a, s->at_s, p->req->ctx->now_us / 1000000));
}

/* Under a message in Sent: one line a recipient. Nothing when nothing is known. */
static void sent_add(struct mail *m, struct page *p, const struct mail_ref *ref, struct span header)
{
	struct ctx *ctx = m->ctx;
	struct val *list = val_set_list(p->data, "sent");
	struct header_field field;
	struct sent_state *states;
	struct span id;
	size_t n = 0, arrived = 0;
	bool asks = span_eq(ref->folder->role, SPAN("sent")) &&
		header_find(header, SPAN("Message-ID"), &field) &&
		message_ids_parse(ctx->arena, field.value, &id, 1) == 1 && utf8_valid(id);

	if (asks && queue_sent_states(ctx, m->mailbox_id, id, &states, &n) != RC_OK)
		n = 0; /* the message itself matters more */
	for (size_t i = 0; i < n; i++) {
		sent_state_add(p, list, &states[i]);
		arrived += strcmp(sent_words_of(states[i].state)->hue, "ok") == 0;
	}
	struct words_arg args[] = { { "n", arena_printf(ctx->arena, "%zu", arrived) },
		{ "all", arena_printf(ctx->arena, "%zu", n) } };
	val_set(p->data, "sent_summary",
		arrived == n ? words(W_SENT_ALL) : words_fill(ctx->arena, W_SENT_SOME, args, 2));
	val_set_bool(p->data, "sent_open", arrived < n);
	val_set_bool(p->data, "has_sent", n > 0);
}

enum rc page_mail_message(struct req *r, struct reply *out, struct err *err)
{
	struct mail m;
	struct mail_ref ref;
	struct span bytes;
	uint8_t flags;
	enum rc rc = open_message(r, &m, &ref, &bytes, err);
	if (rc == RC_OK)
		rc = mark_seen(&m, &ref, &flags);
	if (rc != RC_OK)
		return rc;

	struct arena *a = r->ctx->arena;
	const struct part *root = mime_parse(a, bytes);
	struct span subject = header_text_of(a, root->header, SPAN("Subject"));
	if (subject.len == 0)
		subject = words(W_NO_SUBJECT);
	struct page p;
	rc = mail_page(&m, r, "mail/message", subject, ref.folder, ref.uid, true, &p);
	if (rc != RC_OK)
		return rc;
	val_set(p.data, "subject", subject);
	actions_add(&p, &ref, flags);
	people_add(&p, root->header, m.address);
	date_add_fields(&p, root->header);
	sent_add(&m, &p, &ref, root->header);
	files_add(&p, root);
	body_add(&p, root, &ref);
	return page_send(&p, out, 200);
}

enum rc page_mail_body(struct req *r, struct reply *out, struct err *err)
{
	struct mail m;
	struct mail_ref ref;
	struct span bytes;
	enum rc rc = open_message(r, &m, &ref, &bytes, err);
	if (rc != RC_OK)
		return rc;
	const struct part *root = mime_parse(r->ctx->arena, bytes);
	const struct part *html = mime_find_text(root, true);
	if (!html)
		return err_set(err, RC_NOT_FOUND, "", "This message has no HTML text.");

	struct html_clean_stats stats;
	bool images = wants_images(r);
	struct page p = page_begin(r, "mail/body", "mail/body", words(W_MESSAGE_BODY));
	val_set_html(p.data, "body", clean_body(r, root, html, &ref, images, &stats));
	r->is_fragment = true; /* it has no frame */
	rc = page_send(&p, out, 200);
	out->csp = images ? BODY_CSP(" https:") : BODY_CSP("");
	out->frames = true;
	return rc;
}

/* ------------------------------------------------------------------ attachments */

static const struct part *section_find(const struct part *root, struct span section)
{
	uint32_t path[SECTION_DEPTH];
	size_t n = 0;
	struct span number;
	while (span_split(&section, '.', &number)) {
		uint64_t value;
		if (n == SECTION_DEPTH || !span_u64(number, PART_COUNT_MAX, &value))
			return NULL;
		path[n++] = (uint32_t)value;
	}
	return n > 0 ? part_find(root, path, n) : NULL;
}

/* Images that the message's own HTML shows; all else downloads as bytes. */
static const char *served_type(const struct part *part)
{
	static const char *const images[] = { "png", "gif", "jpeg", "webp" };
	static const char *const types[] = { "image/png", "image/gif", "image/jpeg", "image/webp" };
	for (size_t i = 0; i < sizeof images / sizeof images[0]; i++) {
		if (part_is(part, SPAN("image"), span_of(images[i])))
			return types[i];
	}
	return "application/octet-stream";
}

enum rc page_mail_attachment(struct req *r, struct reply *out, struct err *err)
{
	struct mail m;
	struct mail_ref ref;
	struct span bytes;
	enum rc rc = open_message(r, &m, &ref, &bytes, err);
	if (rc != RC_OK)
		return rc;
	const struct part *root = mime_parse(r->ctx->arena, bytes);
	const struct part *part = section_find(root, req_path(r, "section"));
	if (!part || part->kind == PART_MULTIPART)
		return err_set(err, RC_NOT_FOUND, "", "There is no such attachment.");
	struct str content = str_in(r->ctx->arena, ATTACHMENT_MAX);
	(void)part_decode(&content, part); /* an unknown encoding is passed on as it is */
	reply_download(r, out, served_type(part), req_path(r, "name"), str_span(&content));
	return RC_OK;
}

enum rc page_mail_raw(struct req *r, struct reply *out, struct err *err)
{
	struct mail m;
	struct mail_ref ref;
	struct span bytes;
	enum rc rc = open_message(r, &m, &ref, &bytes, err);
	if (rc != RC_OK)
		return rc;
	struct span name = arena_printf(r->ctx->arena, "message-%u.eml", ref.uid);
	reply_download(r, out, "message/rfc822", name, bytes);
	return RC_OK;
}
