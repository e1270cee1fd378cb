/* THREAD (RFC 5256): finds as SEARCH does, then makes conversations of what was found. */
#include "mailcore/imap/commands.h"
#include "mailcore/imap/esearch.h"
#include "mailcore/imap/fields.h"
#include "mailcore/imap/order/base_subject.h"
#include "mailcore/imap/order/collate.h"
#include "mailcore/imap/order/threads.h"
#include "mailcore/imap/reply.h"
#include "mailcore/imap/syntax/sort_keys.h"
#include "mailcore/mime/header.h"

#define NODES_STEP 10000 /* written at a time */
#define IDS_MAX    1000

struct threading {
	struct search search;
	enum thread_algorithm algorithm;
	struct thread_message *messages; /* of search.found; NULL: still searching */
	size_t loaded;
	bool writing;
	struct thread_node *at; /* the next to be written */
};

/* ------------------------------------------------------------------ messages */

static struct span field_value(struct span fields, const char *name)
{
	struct header_field field;

	return header_find(fields, span_of(name), &field) ? field.value : SPAN("");
}

/* Message-ID; and References, or the first of In-Reply-To when there are none. */
static void read_ids(struct answer *answer, struct span fields, struct thread_message *out)
{
	struct arena *a = &answer->arena;
	struct span ids[IDS_MAX];
	struct arena *batch = &answer->batch;

	if (message_ids_parse(batch, field_value(fields, "Message-ID"), ids, 1))
		out->message_id = arena_span(a, ids[0]);
	size_t n = message_ids_parse(batch, field_value(fields, "References"), ids, IDS_MAX);
	if (!n)
		n = message_ids_parse(batch, field_value(fields, "In-Reply-To"), ids, 1);
	size_t skip = n > THREAD_REFS_MAX ? n - THREAD_REFS_MAX : 0; /* the newest say most */
	n -= skip;
	struct span *refs = arena_array(a, n, sizeof *refs);
	for (size_t i = 0; i < n; i++)
		refs[i] = arena_span(a, ids[skip + i]);
	out->refs = refs;
	out->n_refs = n;
}

static struct thread_message read_message(
	struct answer *answer, bool with_ids, uint32_t index, struct span fields)
{
	const struct view *v = &answer->cmd.s->view;
	struct arena *batch = &answer->batch;
	struct thread_message m = { .name = answer->cmd.uid ? v->seq->uid[index] : index + 1,
		.date = fields_date(v, index, fields) };
	struct span subject = header_text(batch, field_value(fields, "Subject"));

	subject = collate_key(batch, base_subject(batch, subject, &m.is_reply));
	m.subject = arena_span(&answer->arena, subject);
	if (with_ids)
		read_ids(answer, fields, &m);
	return m;
}

static enum rc load_batch(struct answer *answer, struct threading *t)
{
	const uint32_t *found = t->search.found.items + t->loaded;
	size_t left = t->search.found.len - t->loaded;
	size_t n = left < FIELDS_BATCH ? left : FIELDS_BATCH;
	struct span fields[FIELDS_BATCH];
	enum rc rc = fields_load(answer, found, n, fields);

	for (size_t i = 0; rc == RC_OK && i < n; i++)
		t->messages[t->loaded + i] = read_message(
			answer, t->algorithm == THREAD_REFERENCES, found[i], fields[i]);
	t->loaded += rc == RC_OK ? n : 0;
	return rc;
}

/* ------------------------------------------------------------------ the command */

static enum step write_threads(struct answer *answer, struct threading *t)
{
	struct imap *s = answer->cmd.s;
	struct str *out = conn_out(s->conn);
	size_t n = t->search.found.len;

	if (!t->writing) {
		t->at = t->algorithm == THREAD_REFERENCES
			? threads_by_references(&answer->arena, t->messages, n)
			: threads_by_subject(&answer->arena, t->messages, n);
		str_add_cstr(out, n ? "* THREAD " : "* THREAD");
		t->writing = true;
	}
	while (t->at) {
		if (conn_is_full(s->conn))
			return STEP_MORE;
		threads_write(out, &t->at, NODES_STEP);
	}
	str_add_cstr(out, "\r\n");
	return imap_reply_ok(&answer->cmd, "Done.");
}

static enum step thread_go(struct answer *answer)
{
	struct threading *t = answer->data;
	struct search *q = &t->search;
	bool found;
	enum rc rc = search_run(answer, q, &found);

	if (rc == RC_OK && found && !t->messages)
		t->messages = arena_array(&answer->arena, q->found.len, sizeof *t->messages);
	while (rc == RC_OK && found && t->loaded < q->found.len) {
		rc = load_batch(answer, t);
		progress_tell(answer->cmd.s, &q->progress, t->loaded, q->found.len);
		if (answer_is_long(answer))
			break;
	}
	if (rc != RC_OK)
		return esearch_fail(answer, q, rc);
	return found && t->loaded == q->found.len ? write_threads(answer, t) : STEP_MORE;
}

enum step imap_cmd_thread(struct command *cmd)
{
	struct answer *answer = answer_new(cmd, thread_go, sizeof(struct threading));
	struct threading *t = answer->data;
	enum search_parse parsed =
		thread_parse(&answer->cmd.args, &answer->arena, &t->algorithm, &t->search.query);

	return esearch_start(answer, &t->search, parsed);
}
