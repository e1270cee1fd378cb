/* Header fields of many messages: see fields.h. */
#include "mailcore/imap/fields.h"

#include "mailcore/mime/date.h"
#include "mailcore/mime/header.h"
#include "mailcore/store/header_terms.h"

/* A header too large to be kept with the row is in the message only. */
static enum rc load_head(struct answer *answer, struct ctx *ctx, uint32_t uid, struct span *out)
{
	struct imap *s = answer->cmd.s;
	struct message_bytes bytes;
	size_t n, done;
	enum rc rc = message_read(s->options->store, ctx, s->mailbox_id, s->view.folder_id, &uid, 1,
		true, 1, &bytes, &n, &done);

	if (rc == RC_OK && n)
		*out = bytes.bytes;
	return rc;
}

enum rc fields_load(struct answer *answer, const uint32_t *index, size_t n, struct span *out)
{
	struct imap *s = answer->cmd.s;
	struct ctx ctx = *answer->cmd.ctx;
	uint32_t uids[FIELDS_BATCH];
	size_t n_rows, row = 0;

	ASSERT(n <= FIELDS_BATCH);
	arena_reset(&answer->batch);
	ctx.arena = &answer->batch;
	struct message_row *rows = arena_array(&answer->batch, n, sizeof *rows);
	for (size_t i = 0; i < n; i++)
		uids[i] = s->view.seq->uid[index[i]];
	enum rc rc = message_rows(s->options->store, &ctx, s->mailbox_id, s->view.folder_id, uids,
		n, META_HEADERS, rows, &n_rows);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		out[i] = SPAN("");
		if (row == n_rows || rows[row].uid != uids[i])
			continue;
		out[i] = rows[row++].headers;
		if (!out[i].len)
			rc = load_head(answer, &ctx, uids[i], &out[i]);
	}
	return rc;
}

int64_t fields_date(const struct view *v, size_t index, struct span fields)
{
	struct header_field field;
	struct date date;

	if (header_find(fields, SPAN("Date"), &field) && date_parse(field.value, &date))
		return date.utc_s;
	struct view_row row = imap_view_at(v, index);
	return row.snap->internal_at[row.i];
}

enum rc fields_dates(struct answer *answer, const uint32_t *index, size_t n, int64_t *out_utc_s)
{
	struct imap *s = answer->cmd.s;
	struct ctx ctx = *answer->cmd.ctx;
	uint32_t uids[FIELDS_BATCH];
	struct header_terms terms[FIELDS_BATCH];
	struct header_terms_hold hold;

	ASSERT(n <= FIELDS_BATCH);
	arena_reset(&answer->batch);
	ctx.arena = &answer->batch;
	for (size_t i = 0; i < n; i++)
		uids[i] = s->view.seq->uid[index[i]];
	enum rc rc = header_terms_load(
		s->options->store, &ctx, s->mailbox_id, s->view.folder_id, uids, n, terms, &hold);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		struct span head = SPAN("");
		if (terms[i].state == TERMS_TOO_LARGE)
			rc = load_head(answer, &ctx, uids[i], &head);
		out_utc_s[i] = terms[i].state == TERMS_HERE && terms[i].has_sent
			? terms[i].sent_s
			: fields_date(&s->view, index[i], head);
	}
	header_terms_done(&hold);
	return rc;
}
