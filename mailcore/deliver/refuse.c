/* The trace of a message that was refused after its end. */
#include "mailcore/deliver/refuse.h"

#include "mailcore/base/json.h"
#include "mailcore/base/log.h"
#include "mailcore/base/utf8.h"
#include "mailcore/deliver/inbound.h"
#include "mailcore/mime/header.h"
#include "mailcore/mime/text.h"

#define EVIDENCE_MAX (32 * 1024)
#define SHOWN_MAX    300 /* bytes of a subject or Message-ID */

/* What jsonb takes: UTF-8 without NUL. */
static struct span shown(struct arena *a, struct span text)
{
	struct str out = str_in(a, 3 * SHOWN_MAX + 3);

	utf8_add_valid(&out, span_sub(text, 0, SHOWN_MAX));
	for (size_t i = 0; i < out.len; i++) {
		if ((unsigned char)out.ptr[i] < ' ')
			out.ptr[i] = ' ';
	}
	return str_span(&out);
}

static struct span field(struct span head, struct span name)
{
	struct header_field f;
	return header_find(head, name, &f) ? f.value : SPAN("");
}

static struct span message_id(struct arena *a, struct span head)
{
	struct span id;

	if (message_ids_parse(a, field(head, SPAN("Message-ID")), &id, 1) == 0)
		return SPAN("");
	return shown(a, id);
}

static struct span evidence(struct arena *a, const struct refusal_facts *f)
{
	struct cJSON *o = json_object(a);
	struct str peer = str_in(a, 64), text = str_in(a, EVIDENCE_MAX);
	struct span id = message_id(a, f->head);

	addr_add(&peer, &f->source->peer);
	json_add_text(a, o, "peer", str_span(&peer));
	json_add_text(a, o, "helo", shown(a, f->source->helo));
	json_add_text(a, o, "tls", f->source->tls);
	json_add_i64(a, o, "size", (int64_t)f->size);
	json_add_cstr(a, o, "status", f->err->field);
	if (id.len > 0)
		json_add_text(a, o, "message_id", id);
	json_add_text(a, o, "subject", shown(a, header_text(a, field(f->head, SPAN("Subject")))));
	if (f->verdict)
		inbound_add_evidence(a, f->verdict, o);
	json_write(a, o, &text);
	return str_ok(&text) ? str_span(&text) : SPAN("");
}

static struct span sentence(struct arena *a, const struct refusal_facts *f)
{
	struct str text = str_in(a, 1024);

	if (f->source->sender)
		str_addf(&text, "A message of " SPAN_FMT " from ",
			SPAN_ARG(f->source->sender->address));
	else
		str_add_cstr(&text, "A message from the server ");
	addr_add(&text, &f->source->peer);
	str_addf(&text, " was refused: %s", f->err->text);
	return str_span(&text);
}

void refusal_record(struct ctx *ctx, struct uuid id, const struct refusal_facts *f)
{
	const struct mailbox_ref *sender = f->source->sender;
	struct delivery_event *events = arena_array(ctx->arena, f->n_targets + 1, sizeof *events);
	struct delivery_event event = { .name = SPAN("message.refused"),
		.text = sentence(ctx->arena, f),
		.evidence = evidence(ctx->arena, f) };
	size_t n = 0;

	if (sender) {
		events[n] = event;
		events[n].domain_id = sender->domain_id;
		events[n++].mailbox_id = sender->mailbox_id;
	}
	for (size_t i = 0; i < f->n_targets; i++) {
		events[n] = event;
		events[n].domain_id = f->targets[i].domain_id;
		events[n].mailbox_id = f->targets[i].mailbox_id;
		events[n++].rcpt = f->targets[i].address;
		figure_add(FIGURE_REFUSED_POLICY, f->targets[i].domain_id, 1);
	}
	enum rc rc = events_record(ctx, id, f->source->mail_from, events, n);
	if (rc != RC_OK)
		log_warn("trace.lost", "refusals=%zu rc=%s", n, rc_name(rc));
}
