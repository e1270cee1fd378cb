/* Header fields kept for searching: see header_terms.h. */
#include "mailcore/store/header_terms.h"

#include "mailcore/base/vec.h"
#include "mailcore/mime/date.h"
#include "mailcore/mime/header.h"
#include "mailcore/mime/search_text.h"
#include "mailcore/store/kept.h"
#include "mailcore/store/store_impl.h"
#include "sql/message.h"

#define ENTRY_MAX      ((size_t)64 << 10) /* of one message, when it is decoded and folded */
#define BLOCK_TEXT_MAX ((TERMS_BLOCK + 8) * ENTRY_MAX)
#define FIELD_HEAD     (1 + sizeof(uint32_t))

/* Their order is their number, from 1. */
static const struct span FIELDS[] = { SPAN("Subject"), SPAN("From"), SPAN("To"), SPAN("Cc"),
	SPAN("Bcc"), SPAN("Sender"), SPAN("Reply-To"), SPAN("Message-ID"), SPAN("In-Reply-To"),
	SPAN("List-ID") };
#define FIELDS_N (sizeof FIELDS / sizeof *FIELDS)

struct entry {
	uint32_t uid;
	uint32_t start, len; /* in the text: number of the field, length, folded text; again */
	int16_t zone;
	bool has_sent, too_large;
	int64_t sent_s;
};

struct block {
	uint32_t upto; /* all UIDs of the block up to here are known */
	uint32_t len;
	struct entry entries[]; /* ascending; then the text */
};

static const struct block *block_of(const struct kept_item *item)
{
	return (const struct block *)(const void *)item->bytes;
}

static const char *text_of(const struct block *b)
{
	return (const char *)&b->entries[b->len];
}

unsigned header_term_of(struct span name)
{
	for (unsigned i = 0; i < FIELDS_N; i++) {
		if (span_ieq(FIELDS[i], name))
			return i + 1;
	}
	return 0;
}

/* ------------------------------------------------------------------ making a block */

struct making {
	struct arena *a, fold;
	struct {
		struct entry *items;
		size_t len, cap;
	} entries;
	struct str text;
};

static void add_field(struct making *m, unsigned number, struct span value)
{
	struct span folded = search_fold(&m->fold, header_text(&m->fold, value));
	uint32_t len = (uint32_t)folded.len;

	str_add_c(&m->text, (char)number);
	str_add(&m->text, span_make(&len, sizeof len));
	str_add(&m->text, folded);
}

static void add_fields(struct making *m, struct entry *e, struct span headers)
{
	struct header_field field;
	struct cur in = cur_of(headers);
	struct date date;
	bool seen = false;

	while (header_next(&in, &field)) {
		unsigned number = header_term_of(field.name);
		if (number)
			add_field(m, number, field.value);
		if (seen || !span_ieq(field.name, SPAN("Date")))
			continue;
		seen = true;
		e->has_sent = date_parse(field.value, &date);
		e->sent_s = e->has_sent ? date.utc_s : 0;
		e->zone = (int16_t)(e->has_sent ? date.zone_minutes : 0);
	}
}

static void add_row(struct making *m, uint32_t uid, struct span headers)
{
	struct entry e = { .uid = uid, .start = (uint32_t)m->text.len };

	e.too_large = headers.len == 0; /* or they had not even fitted the row */
	add_fields(m, &e, headers);
	if (m->text.len - e.start > ENTRY_MAX) {
		e.too_large = true;
		m->text.len = e.start;
	}
	e.len = (uint32_t)m->text.len - e.start;
	VEC_PUSH(m->a, &m->entries, e);
	arena_reset(&m->fold);
}

static struct kept_item *finish(const struct making *m, struct span key, uint32_t upto)
{
	size_t n = m->entries.len, entries_size = n * sizeof(struct entry);
	struct kept_item *item = kept_new(key, sizeof(struct block) + entries_size + m->text.len);
	struct block *b = (struct block *)(void *)item->bytes;

	b->upto = upto;
	b->len = (uint32_t)n;
	if (n)
		memcpy(b->entries, m->entries.items, entries_size);
	if (m->text.len)
		memcpy(&b->entries[n], m->text.ptr, m->text.len);
	return item;
}

static void add_known(struct making *m, const struct block *old)
{
	const struct entry *last = old->len ? &old->entries[old->len - 1] : NULL;

	for (size_t i = 0; i < old->len; i++)
		VEC_PUSH(m->a, &m->entries, old->entries[i]);
	if (last)
		str_add(&m->text, span_make(text_of(old), last->start + last->len));
}

/* ------------------------------------------------------------------ getting one */

struct block_key {
	int64_t mailbox_id, folder_id, number;
};

/* The block, with what is new up to `upto` read from the database. */
static enum rc extend(struct ctx *ctx, const struct block_key *key, const struct block *old,
	uint32_t upto, struct kept_item **out)
{
	AUTO(rows_close) struct rows *r = NULL;
	int64_t first = key->number * TERMS_BLOCK, last = first + TERMS_BLOCK - 1;
	struct making m = { .a = ctx->arena };
	enum rc rc = db_query(ctx, &SQL_MESSAGE_FIELDS,
		ARGS(A_I64(key->mailbox_id), A_I64(key->folder_id),
			A_I64(old ? old->upto + (int64_t)1 : first), A_I64(last),
			A_I64((int64_t)TERMS_FIELDS_MAX)),
		&r);

	if (rc != RC_OK)
		return rc;
	arena_init(&m.fold, 16384);
	str_init(&m.text, BLOCK_TEXT_MAX);
	if (old)
		add_known(&m, old);
	for (size_t i = 0; i < rows_len(r); i++) {
		uint32_t uid = (uint32_t)row_i64(r, i, 0);
		add_row(&m, uid, row_bytes(r, i, 1));
		upto = uid > upto ? uid : upto;
	}
	if (str_ok(&m.text))
		*out = finish(&m, span_make(key, sizeof *key), upto);
	else
		rc = RC_TEMP; /* cannot be, by the limits */
	str_done(&m.text);
	arena_done(&m.fold);
	return rc;
}

static enum rc get_block(struct store *s, struct ctx *ctx, const struct block_key *key,
	uint32_t upto, struct kept_item **out)
{
	struct kept_item *old = kept_get(&s->terms, span_make(key, sizeof *key)), *made = NULL;

	if (old && block_of(old)->upto >= upto) {
		*out = old;
		return RC_OK;
	}
	enum rc rc = extend(ctx, key, old ? block_of(old) : NULL, upto, &made);
	kept_unref(old);
	if (rc != RC_OK)
		return rc;
	kept_put(&s->terms, made);
	*out = made;
	return RC_OK;
}

/* ------------------------------------------------------------------ reading */

static struct header_terms terms_at(const struct block *b, const struct entry *e)
{
	return (struct header_terms){ .state = e->too_large ? TERMS_TOO_LARGE : TERMS_HERE,
		.terms = span_make(text_of(b) + e->start, e->len),
		.has_sent = e->has_sent,
		.sent_s = e->sent_s,
		.sent_zone_minutes = e->zone };
}

/* Both ascending. */
static void read_block(
	const struct block *b, const uint32_t *uids, size_t n, struct header_terms *out)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		while (k < b->len && b->entries[k].uid < uids[i])
			k++;
		out[i] = k < b->len && b->entries[k].uid == uids[i]
			? terms_at(b, &b->entries[k])
			: (struct header_terms){ .state = TERMS_GONE };
	}
}

enum rc header_terms_load(struct store *s, struct ctx *ctx, int64_t mailbox_id, int64_t folder_id,
	const uint32_t *uids, size_t n, struct header_terms *out, struct header_terms_hold *hold)
{
	struct block_key key = { mailbox_id, folder_id, 0 };
	size_t end;

	*hold = (struct header_terms_hold){ .items = arena_array(
						    ctx->arena, n, sizeof(struct kept_item *)) };
	for (size_t i = 0; i < n; i = end) {
		struct kept_item *item = NULL;
		key.number = uids[i] / TERMS_BLOCK;
		for (end = i; end < n && uids[end] / TERMS_BLOCK == key.number;)
			end++;
		enum rc rc = get_block(s, ctx, &key, uids[end - 1], &item);
		if (rc != RC_OK)
			return rc;
		hold->items[hold->len++] = item;
		read_block(block_of(item), uids + i, end - i, out + i);
	}
	return RC_OK;
}

void header_terms_done(struct header_terms_hold *hold)
{
	for (size_t i = 0; i < hold->len; i++)
		kept_unref(hold->items[i]);
	hold->len = 0;
}

bool header_terms_have(const struct header_terms *terms, unsigned field, struct span needle)
{
	struct span rest = terms->terms;

	while (rest.len >= FIELD_HEAD) {
		uint32_t len;
		unsigned number = (unsigned char)rest.ptr[0];
		memcpy(&len, rest.ptr + 1, sizeof len);
		struct span text = span_sub(rest, FIELD_HEAD, len);
		if (number == field && span_find_span(text, needle) != SPAN_NPOS)
			return true;
		rest = span_from(rest, FIELD_HEAD + text.len);
	}
	return false;
}
