/*
 * SORT (RFC 5256, RFC 5267 ESORT, RFC 5957 SORT=DISPLAY): finds as SEARCH does, then makes a value
 * of each message for each key, and sorts. Sizes and arrival are in the snapshot; the rest comes
 * from the header fields that the store keeps with the message.
 */
#include <stdlib.h>

#include "mailcore/imap/commands.h"
#include "mailcore/imap/esearch.h"
#include "mailcore/imap/fields.h"
#include "mailcore/imap/order/base_subject.h"
#include "mailcore/imap/order/collate.h"
#include "mailcore/imap/reply.h"
#include "mailcore/imap/syntax/sort_keys.h"
#include "mailcore/mime/address.h"
#include "mailcore/mime/header.h"

/* What a key compares: numbers, or collation keys. */
struct sort_value {
	int64_t number;
	struct span text;
};

struct sort_row {
	uint32_t index;
	const struct sort_program *program;
	struct sort_value *values; /* one for each key */
};

struct sorting {
	struct search search;
	struct sort_program program;
	struct sort_row *rows; /* of search.found; NULL: still searching */
	size_t loaded;
};

/* ------------------------------------------------------------------ values */

/* addr-mailbox of the first address; of a group its name. display: what people see (RFC 5957). */
static struct span address_text(struct arena *a, struct span fields, const char *name, bool display)
{
	struct header_field field;
	struct address_list list;

	if (!header_find(fields, span_of(name), &field))
		return SPAN("");
	address_list_parse(a, field.value, &list);
	if (!list.len)
		return SPAN("");
	const struct address *first = &list.items[0];
	if (first->name.len && (display || first->kind == ADDRESS_GROUP_BEGIN))
		return first->name;
	if (!display)
		return first->local;
	struct str spec = str_in(a, field.value.len + 8);
	address_add_spec(&spec, first);
	return str_span(&spec);
}

static struct span subject_text(struct arena *a, struct span fields)
{
	struct header_field field;
	bool is_reply;

	if (!header_find(fields, SPAN("Subject"), &field))
		return SPAN("");
	return base_subject(a, header_text(a, field.value), &is_reply);
}

static struct span text_of(enum sort_by by, struct arena *a, struct span fields)
{
	switch (by) {
	case SORT_CC:
		return address_text(a, fields, "Cc", false);
	case SORT_FROM:
		return address_text(a, fields, "From", false);
	case SORT_TO:
		return address_text(a, fields, "To", false);
	case SORT_DISPLAYFROM:
		return address_text(a, fields, "From", true);
	case SORT_DISPLAYTO:
		return address_text(a, fields, "To", true);
	case SORT_SUBJECT:
		return subject_text(a, fields);
	case SORT_ARRIVAL:
	case SORT_DATE:
	case SORT_SIZE:
		break;
	}
	return SPAN("");
}

static struct sort_value value_of(
	struct answer *answer, enum sort_by by, size_t index, struct span fields, int64_t date_s)
{
	const struct view *v = &answer->cmd.s->view;
	struct view_row row = imap_view_at(v, index);
	struct arena *a = &answer->batch;

	switch (by) {
	case SORT_ARRIVAL:
		return (struct sort_value){ .number = row.snap->internal_at[row.i] };
	case SORT_SIZE:
		return (struct sort_value){ .number = row.snap->size_bytes[row.i] };
	case SORT_DATE:
		return (struct sort_value){ .number = date_s };
	case SORT_CC:
	case SORT_FROM:
	case SORT_TO:
	case SORT_DISPLAYFROM:
	case SORT_DISPLAYTO:
	case SORT_SUBJECT:
		break;
	}
	struct span key = collate_key(a, text_of(by, a, fields));
	return (struct sort_value){ .text = arena_span(&answer->arena, key) };
}

/* What the keys compare besides the snapshot. */
struct sort_wants {
	bool fields, dates;
};

static struct sort_wants wants_of(const struct sort_program *program)
{
	struct sort_wants wants = { 0 };

	for (size_t k = 0; k < program->len; k++) {
		enum sort_by by = program->keys[k].by;
		wants.dates = wants.dates || by == SORT_DATE;
		wants.fields =
			wants.fields || (by != SORT_ARRIVAL && by != SORT_SIZE && by != SORT_DATE);
	}
	return wants;
}

static enum rc load_batch(struct answer *answer, struct sorting *t)
{
	const uint32_t *found = t->search.found.items + t->loaded;
	size_t left = t->search.found.len - t->loaded;
	size_t n = left < FIELDS_BATCH ? left : FIELDS_BATCH;
	struct span fields[FIELDS_BATCH] = { 0 };
	int64_t dates[FIELDS_BATCH] = { 0 };
	struct sort_wants wants = wants_of(&t->program);
	enum rc rc = RC_OK;

	if (wants.dates)
		rc = fields_dates(answer, found, n, dates);
	if (rc == RC_OK && wants.fields)
		rc = fields_load(answer, found, n, fields);
	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < n; i++) {
		struct sort_row *row = &t->rows[t->loaded + i];
		*row = (struct sort_row){ .index = found[i],
			.program = &t->program,
			.values =
				arena_array(&answer->arena, t->program.len, sizeof *row->values) };
		for (size_t k = 0; k < t->program.len; k++)
			row->values[k] = value_of(
				answer, t->program.keys[k].by, found[i], fields[i], dates[i]);
	}
	t->loaded += n;
	return RC_OK;
}

/* ------------------------------------------------------------------ sorting */

static int text_cmp(struct span a, struct span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n ? memcmp(a.ptr, b.ptr, n) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int row_cmp(const void *a, const void *b)
{
	const struct sort_row *x = a, *y = b;

	for (size_t k = 0; k < x->program->len; k++) {
		const struct sort_value *v = &x->values[k], *w = &y->values[k];
		int order = v->number != w->number ? (v->number < w->number ? -1 : 1)
						   : text_cmp(v->text, w->text);
		if (order)
			return x->program->keys[k].reverse ? -order : order;
	}
	return (x->index > y->index) - (x->index < y->index); /* RFC 5256 §3 */
}

/* Puts what was found in order. */
static void sort_found(struct sorting *t)
{
	size_t n = t->search.found.len;

	if (n)
		qsort(t->rows, n, sizeof *t->rows, row_cmp);
	for (size_t i = 0; i < n; i++)
		t->search.found.items[i] = t->rows[i].index;
}

/* ------------------------------------------------------------------ the command */

static void reply_sort(struct answer *answer, const struct search *q)
{
	struct str *out = conn_out(answer->cmd.s->conn);
	const uint32_t *names = esearch_names(answer, q);

	str_add_cstr(out, "* SORT");
	for (size_t i = 0; i < q->found.len; i++) {
		str_add_c(out, ' ');
		str_add_u64(out, names[i]);
	}
	if (q->query.modseq && q->found.len)
		str_addf(
			out, " (MODSEQ %llu)", (unsigned long long)esearch_modseq(&answer->cmd, q));
	str_add_cstr(out, "\r\n");
}

static enum step reply_sorted(struct answer *answer, struct sorting *t)
{
	struct search *q = &t->search;

	sort_found(t);
	esearch_save(answer->cmd.s, q);
	if (q->query.returns == RETURN_SAVE)
		return imap_reply_ok(&answer->cmd, "Saved.");
	if (q->query.extended)
		esearch_reply(answer, q, esearch_names(answer, q));
	else
		reply_sort(answer, q);
	return imap_reply_ok(&answer->cmd, "Done.");
}

static enum step sort_go(struct answer *answer)
{
	struct sorting *t = answer->data;
	struct search *q = &t->search;
	bool found;
	enum rc rc = search_run(answer, q, &found);

	if (rc == RC_OK && found && !t->rows)
		t->rows = arena_array(&answer->arena, q->found.len, sizeof *t->rows);
	while (rc == RC_OK && found && t->loaded < q->found.len) {
		rc = load_batch(answer, t);
		progress_tell(answer->cmd.s, &q->progress, t->loaded, q->found.len);
		if (answer_is_long(answer))
			break;
	}
	if (rc != RC_OK)
		return esearch_fail(answer, q, rc);
	return found && t->loaded == q->found.len ? reply_sorted(answer, t) : STEP_MORE;
}

enum step imap_cmd_sort(struct command *cmd)
{
	struct answer *answer = answer_new(cmd, sort_go, sizeof(struct sorting));
	struct sorting *t = answer->data;
	enum search_parse parsed =
		sort_parse(&answer->cmd.args, &answer->arena, &t->program, &t->search.query);

	return esearch_start(answer, &t->search, parsed);
}
