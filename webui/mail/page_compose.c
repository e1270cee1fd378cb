/* Writing: the form, sending through the one door (deliver/intake), a copy in Sent, drafts. */
#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/base/vec.h"
#include "mailcore/deliver/outbox.h"
#include "mailcore/deliver/rcpt.h"
#include "mailcore/directory/directory.h"
#include "mailcore/mime/address.h"
#include "mailcore/mime/build.h"
#include "mailcore/mime/date.h"
#include "webui/mail/compose.h"
#include "webui/mail/mail.h"

#define RECIPIENTS_MAX 100
#define MESSAGE_MAX    (4u << 20) /* plain text only, so far */
#define UNDO_SLACK_S   2          /* the page has to come, and the click to go */
#define LATER_MAX_S    (366LL * 24 * 3600)

static const char *const compose_modes[] = { "", "reply", "reply_all", "forward", "edit", NULL };
static const char *const compose_actions[] = { "send", "later", "draft", NULL };

const struct field compose_fields[] = {
	{ "to", FIELD_TEXT, .max = 10000 },
	{ "cc", FIELD_TEXT, .max = 10000 },
	{ "subject", FIELD_TEXT, .max = 998 },
	{ "text", FIELD_LINES, .max = 200000 },
	{ "source", FIELD_TEXT, .max = 64 },
	{ "mode", FIELD_CHOICE, .choices = compose_modes },
	{ "send_at", FIELD_TEXT, .max = 32 },
	{ "zone", FIELD_TEXT, .max = ZONE_NAME_MAX },
	{ "do", FIELD_CHOICE, FIELD_REQUIRED, .choices = compose_actions },
	{ 0 },
};

/* ------------------------------------------------------------------ the form */

static enum words_id title_of(struct span mode)
{
	if (span_starts(mode, SPAN("reply")))
		return W_COMPOSE_REPLY;
	if (span_eq(mode, SPAN("edit")))
		return W_COMPOSE_EDIT;
	return span_eq(mode, SPAN("forward")) ? W_COMPOSE_FORWARD : W_COMPOSE_NEW;
}

static enum rc writer_page(struct mail *m, struct req *r, struct reply *out, int status)
{
	const struct folder *inbox = mail_folder_role(m, "inbox");
	if (!inbox)
		return RC_NOT_FOUND;
	struct span title = words(title_of(form_text(&r->form, "mode")));
	struct page p;
	enum rc rc = mail_page(m, r, "mail/compose", title, inbox, 0, true, &p);
	if (rc != RC_OK)
		return rc;
	struct send_setting setting;
	rc = send_setting_get(r->ctx, m->mailbox_id, &setting);
	if (rc != RC_OK)
		return rc;
	val_set(p.data, "writer_title", title);
	val_set(p.data, "my_zone", setting.zone);
	val_set(p.data, "zone_shown", setting.zone.len > 0 ? setting.zone : SPAN("UTC"));
	val_set_bool(p.data, "is_later", form_text(&r->form, "send_at").len > 0);
	page_form(&p, compose_fields, &r->form);
	return page_send(&p, out, status);
}

static void prefill(struct form *form, const char *name, struct span text)
{
	for (size_t i = 0; form->fields[i].type != FIELD_END; i++) {
		if (strcmp(form->fields[i].name, name) == 0)
			form->values[i] = (struct field_value){ .given = true, .text = text };
	}
}

/* ?reply=inbox.17 and its like: which message, and how. */
static enum compose_mode mode_of(
	const struct req *r, struct span *out_source, struct span *out_name)
{
	for (int i = COMPOSE_REPLY; i <= COMPOSE_EDIT; i++) {
		*out_name = span_of(compose_modes[i]);
		*out_source = req_query(r, compose_modes[i]);
		if (out_source->len > 0)
			return (enum compose_mode)i;
	}
	*out_name = SPAN("");
	return COMPOSE_NEW;
}

enum rc page_compose(struct req *r, struct reply *out, struct err *err)
{
	struct mail m;
	enum rc rc = mail_begin(r, &m);
	if (rc != RC_OK)
		return rc;
	struct span source, name, message = SPAN("");
	enum compose_mode mode = mode_of(r, &source, &name);
	struct mail_ref ref;
	if (mode != COMPOSE_NEW) {
		if (!mail_ref_parse_pair(&m, source, &ref))
			return err_set(err, RC_NOT_FOUND, "", "There is no such message.");
		rc = mail_read(&m, &ref, &message);
		if (rc != RC_OK)
			return rc;
	}

	struct draft draft;
	compose_start(r->ctx->arena, mode, message, m.address, &draft);
	fields_from_form(r->ctx, compose_fields, SPAN(""), true, &r->form);
	r->form.n_errors = 0;
	prefill(&r->form, "to", mode == COMPOSE_NEW ? req_query(r, "to") : draft.to);
	prefill(&r->form, "cc", draft.cc);
	prefill(&r->form, "subject", draft.subject);
	prefill(&r->form, "text", draft.text);
	prefill(&r->form, "source", source);
	prefill(&r->form, "mode", name);
	return writer_page(&m, r, out, 200);
}

/* ------------------------------------------------------------------ what was written */

struct written {
	struct mailbox_ref sender;
	struct address_list to, cc;
	struct recipient *items; /* resolved */
	size_t len, cap;
};

static void refuse_address(struct req *r, const char *field, enum words_id id, struct span text)
{
	struct words_arg arg = { "text", text };
	form_add_error(r->ctx, &r->form, span_of(field), "invalid",
		words_fill(r->ctx->arena, id, &arg, 1));
}

static struct span spec_of(struct arena *a, const struct address *address)
{
	struct str out = str_in(a, 1024);
	address_add_spec(&out, address);
	return str_span(&out);
}

static enum words_id refusal_of(enum rc rc)
{
	return rc == RC_NOT_FOUND ? W_RECIPIENT_UNKNOWN : W_RECIPIENT_REFUSED;
}

static enum rc resolve_one(
	struct req *r, const char *field, const struct address *address, struct written *w)
{
	struct arena *a = r->ctx->arena;
	struct span text = spec_of(a, address);
	struct addr_spec spec;
	if (!addr_spec_parse(a, text, &spec)) {
		refuse_address(r, field, W_RECIPIENT_WRONG, text);
		return RC_OK;
	}
	struct recipients found;
	struct err err = { 0 };
	enum rc rc = recipient_resolve(r->ctx, spec.local, spec.domain, &found, &err);
	bool local = rc == RC_OK;
	if (local)
		rc = recipient_may_post(r->ctx, spec.local, spec.domain, r->actor->login, &err);
	if (rc == RC_TEMP)
		return rc;
	if (rc == RC_DENIED && !local) {
		rcpt_outside(r->ctx, text, &found);
		rc = RC_OK;
	}
	if (rc != RC_OK) {
		refuse_address(r, field, refusal_of(rc), text);
		return RC_OK;
	}
	for (size_t i = 0; i < found.len; i++)
		VEC_PUSH(a, w, found.items[i]);
	return RC_OK;
}

static enum rc resolve_list(
	struct req *r, const char *field, const struct address_list *list, struct written *w)
{
	for (size_t i = 0; i < list->len && i < RECIPIENTS_MAX; i++) {
		if (list->items[i].kind != ADDRESS_MAILBOX)
			continue;
		enum rc rc = resolve_one(r, field, &list->items[i], w);
		if (rc != RC_OK)
			return rc;
	}
	return RC_OK;
}

/* Errors of the input go into the form. */
static enum rc read_form(struct req *r, struct written *w)
{
	struct arena *a = r->ctx->arena;
	*w = (struct written){ 0 };
	enum rc rc = mailbox_find_id(r->ctx, r->actor->mailbox_id, &w->sender);
	if (rc != RC_OK)
		return rc;
	address_list_parse(a, form_text(&r->form, "to"), &w->to);
	address_list_parse(a, form_text(&r->form, "cc"), &w->cc);
	if (span_eq(form_text(&r->form, "do"), SPAN("draft")))
		return RC_OK;
	rc = resolve_list(r, "to", &w->to, w);
	if (rc == RC_OK)
		rc = resolve_list(r, "cc", &w->cc, w);
	if (rc == RC_OK && w->len == 0 && r->form.n_errors == 0)
		refuse_address(r, "to", W_RECIPIENT_MISSING, SPAN(""));
	return rc;
}

static bool is_edit(const struct req *r)
{
	return span_eq(form_text(&r->form, "mode"), SPAN("edit"));
}

static enum rc build(struct mail *m, struct req *r, const struct written *w,
	const struct mail_ref *source, struct str *out, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct address_list from;
	address_list_parse(a, w->sender.address, &from);
	if (from.len > 0 && w->sender.name.len > 0)
		from.items[0].name = w->sender.name;
	struct span references[COMPOSE_REFERENCES_MAX], reply_to = SPAN(""), original;
	size_t n_references = 0;
	bool reply = span_starts(form_text(&r->form, "mode"), SPAN("reply"));
	if (source && reply && mail_read(m, source, &original) == RC_OK)
		n_references = compose_references(a, original, references, &reply_to);
	if (source && is_edit(r) && mail_read(m, source, &original) == RC_OK)
		n_references = compose_references_kept(a, original, references, &reply_to);
	struct build_message message = { .from = from.items,
		.n_from = from.len,
		.to = w->to.items,
		.n_to = w->to.len,
		.cc = w->cc.items,
		.n_cc = w->cc.len,
		.subject = form_text(&r->form, "subject"),
		.date_s = r->ctx->now_us / USEC_PER_SEC,
		.message_id = message_id_make(a, span_of(m->env->hostname)),
		.in_reply_to = reply_to,
		.references = references,
		.n_references = n_references,
		.text = form_text(&r->form, "text") };
	return message_build(out, &message, err);
}

/* ------------------------------------------------------------------ sending */

/* When it leaves. 0: at once. Nobody can take back what leaves at once. */
static enum rc departure(
	struct mail *m, struct req *r, int64_t *out_us, int *out_undo_s, struct err *err)
{
	struct send_setting setting;
	int64_t wall_s, at_s, now_s = r->ctx->now_us / USEC_PER_SEC;

	*out_undo_s = 0;
	*out_us = 0;
	enum rc rc = send_setting_get(r->ctx, m->mailbox_id, &setting);
	if (rc != RC_OK)
		return rc;
	if (!span_eq(form_text(&r->form, "do"), SPAN("later"))) {
		*out_undo_s = setting.undo_s;
		if (setting.undo_s > 0)
			*out_us = (now_s + setting.undo_s + UNDO_SLACK_S) * USEC_PER_SEC;
		return RC_OK;
	}
	struct span zone = form_text(&r->form, "zone");
	if (!date_parse_wall(form_text(&r->form, "send_at"), &wall_s))
		return err_set(
			err, RC_INVALID, "send_at", SPAN_FMT, SPAN_ARG(words(W_SEND_AT_WRONG)));
	rc = zone_time(r->ctx, wall_s, zone.len > 0 ? zone : setting.zone, &at_s);
	if (rc == RC_INVALID)
		return err_set(err, rc, "send_at", SPAN_FMT, SPAN_ARG(words(W_ZONE_WRONG)));
	if (rc == RC_OK && (at_s <= now_s || at_s > now_s + LATER_MAX_S))
		return err_set(
			err, RC_INVALID, "send_at", SPAN_FMT, SPAN_ARG(words(W_SEND_AT_RANGE)));
	*out_us = at_s * USEC_PER_SEC;
	return rc;
}

static enum rc send_message(struct mail *m, struct req *r, const struct written *w,
	struct span message, int64_t not_before_us, struct uuid *out_id, struct err *err)
{
	struct intake_source source = { .helo = r->host,
		.protocol = r->is_tls ? SPAN("HTTPS") : SPAN("HTTP"),
		.mail_from = w->sender.address,
		.sender = &w->sender,
		.not_before_us = not_before_us,
		.later_subject = form_text(&r->form, "subject"),
		.later_to = form_text(&r->form, "to"),
		.smtputf8 = true };
	if (!addr_parse(r->peer, &source.peer))
		return RC_TEMP;
	struct intake *in = intake_open(m->env->intake, r->ctx, &source);
	for (size_t i = 0; i < w->len; i++)
		intake_add_rcpt(in, &w->items[i]);
	enum rc rc = intake_write(in, message);
	if (rc != RC_OK) {
		intake_abort(in);
		return rc;
	}
	return intake_commit(in, r->ctx, out_id, err);
}

static enum rc keep(
	struct mail *m, struct req *r, const char *role, struct span message, uint8_t flags)
{
	const struct folder *folder = mail_folder_role(m, role);
	struct prepared *prepared;
	if (!folder)
		return RC_NOT_FOUND;
	enum rc rc = message_prepare(
		m->store, r->ctx->arena, uuid_make(r->ctx->now_us), message, &prepared);
	if (rc != RC_OK)
		return rc;
	struct append_item item = {
		.message = prepared, .flags = flags, .internal_at = r->ctx->now_us / USEC_PER_SEC
	};
	int64_t uidvalidity;
	uint32_t uid;
	return message_append(
		m->store, r->ctx, m->mailbox_id, folder->folder_id, &item, 1, &uidvalidity, &uid);
}

/* What follows a message that is sent already: a failure here is told to nobody but the log. What waits
 * brings its copy for Sent along. */
static void after_send(struct mail *m, struct req *r, const struct mail_ref *source,
	struct span message, bool waits)
{
	enum rc rc = waits ? RC_OK : keep(m, r, "sent", message, FLAG_SEEN);
	if (rc == RC_OK && source && span_starts(form_text(&r->form, "mode"), SPAN("reply")))
		rc = mail_flag(m, source->folder, &source->uid, 1, FLAGS_ADD, FLAG_ANSWERED);
	if (rc != RC_OK)
		log_warn("webmail.after_send", "req=%s rc=%s", r->id, rc_name(rc));
}

/* The draft that was worked on: another one has taken its place, or the message itself. */
static void drop_draft(struct mail *m, struct req *r, const struct mail_ref *source)
{
	if (!source || !is_edit(r) || !span_eq(source->folder->role, SPAN("drafts")))
		return;
	enum rc rc = message_expunge(m->store, r->ctx, m->mailbox_id, source->folder->folder_id,
		&source->uid, 1, false, NULL, NULL);
	if (rc != RC_OK)
		log_warn("webmail.drop_draft", "req=%s rc=%s", r->id, rc_name(rc));
}

static void redirect_sent(
	struct req *r, struct reply *out, struct uuid id, int64_t not_before_us, int undo_s)
{
	struct arena *a = r->ctx->arena;
	struct str text = str_in(a, 64);

	uuid_add(&text, id);
	if (not_before_us == 0)
		page_redirect_done(r, out, SPAN("/mail/inbox"), "message_sent");
	else if (undo_s == 0)
		page_redirect_done(r, out, SPAN("/mail/outbox"), "message_scheduled");
	else
		reply_redirect(r, out,
			arena_printf(a, "/mail/inbox?undo=" SPAN_FMT "&seconds=%d",
				SPAN_ARG(str_span(&text)), undo_s));
}

static enum rc send_and_return(struct mail *m, struct req *r, struct reply *out,
	const struct written *w, const struct mail_ref *source, struct span message,
	struct err *err)
{
	int64_t not_before_us;
	struct uuid id;
	int undo_s;

	enum rc rc = departure(m, r, &not_before_us, &undo_s, err);
	if (rc == RC_OK)
		rc = send_message(m, r, w, message, not_before_us, &id, err);
	if (rc != RC_OK)
		return rc;
	after_send(m, r, source, message, not_before_us > 0);
	drop_draft(m, r, source);
	redirect_sent(r, out, id, not_before_us, undo_s);
	return RC_OK;
}

static enum rc finish(
	struct mail *m, struct req *r, struct reply *out, const struct written *w, struct err *err)
{
	struct mail_ref ref;
	struct mail_ref *source =
		mail_ref_parse_pair(m, form_text(&r->form, "source"), &ref) ? &ref : NULL;
	struct str message = str_in(r->ctx->arena, MESSAGE_MAX);
	enum rc rc = build(m, r, w, source, &message, err);
	if (rc != RC_OK)
		return rc;
	if (!span_eq(form_text(&r->form, "do"), SPAN("draft")))
		return send_and_return(m, r, out, w, source, str_span(&message), err);
	rc = keep(m, r, "drafts", str_span(&message), FLAG_SEEN | FLAG_DRAFT);
	if (rc != RC_OK)
		return rc;
	drop_draft(m, r, source);
	page_redirect_done(r, out, SPAN("/mail/drafts"), "draft_saved");
	return RC_OK;
}

enum rc page_compose_post(struct req *r, struct reply *out, struct err *err)
{
	struct mail m;
	struct written w;
	enum rc rc = mail_begin(r, &m);
	if (rc == RC_OK && r->form.n_errors == 0)
		rc = read_form(r, &w);
	if (rc != RC_OK)
		return rc;
	if (r->form.n_errors > 0)
		return writer_page(&m, r, out, 422);
	rc = finish(&m, r, out, &w, err);
	if (rc == RC_DENIED)
		form_add_error(r->ctx, &r->form, SPAN(""), rc_name(rc), span_of(err->text));
	if (rc == RC_DENIED || page_add_refusal(r, rc, err))
		return writer_page(&m, r, out, 422);
	return rc;
}
