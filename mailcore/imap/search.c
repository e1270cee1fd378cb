/* Does a message match? See search.h. */
#include "mailcore/imap/search.h"

#include "mailcore/base/utf8.h"
#include "mailcore/imap/object_id.h"
#include "mailcore/imap/session.h"
#include "mailcore/mime/date.h"
#include "mailcore/mime/header.h"
#include "mailcore/mime/search_text.h"
#include "mailcore/mime/text.h"
#include "mailcore/store/words.h"

/* The text of a message up to this size is kept, folded, for several keys. */
#define KEPT_MAX ((size_t)4 << 20)
#define WINDOW   ((size_t)64 << 10)
#define DAY_S    86400

/* ------------------------------------------------------------------ preparing */

static uint64_t keyword_bit(const struct snapshot *snap, struct span keyword)
{
	for (size_t i = 0; i < snap->n_keywords; i++) {
		if (span_ieq(snap->keyword_names[i], keyword))
			return (uint64_t)1 << i;
	}
	return 0;
}

bool search_prepare(struct imap *s, struct search_key *key, struct arena *a)
{
	for (struct search_key *k = key->children; k; k = k->next) {
		if (!search_prepare(s, k, a))
			return false;
	}
	if (key->op == SEARCH_NUMBERS || key->op == SEARCH_UIDS)
		return imap_view_resolve(s, &key->set, key->op == SEARCH_UIDS, a, &key->runs);
	if (key->op == SEARCH_HEADER)
		key->number = header_term_of(key->name);
	if (key->op == SEARCH_KEYWORD)
		key->number = keyword_bit(s->view.seen, key->text);
	return true;
}

/* ------------------------------------------------------------------ header fields */

static bool contains(struct span folded, struct span needle)
{
	return !needle.len || span_find_span(folded, needle) != SPAN_NPOS;
}

static enum match match_field(const struct search_key *key, struct candidate *c)
{
	struct header_field field;

	if (c->terms && key->number)
		return header_terms_have(c->terms, (unsigned)key->number, key->text) ? MATCH_YES
										     : MATCH_NO;
	if (!c->has_message && !(c->has_fields && message_header_is_cached(key->name)))
		return MATCH_UNDECIDED;
	struct cur in = cur_of(c->has_message ? c->message.bytes : c->fields);
	while (header_next_named(&in, key->name, &field)) {
		if (contains(search_fold(c->a, header_text(c->a, field.value)), key->text))
			return MATCH_YES;
	}
	return MATCH_NO;
}

static bool find_sent(const struct candidate *c, struct date *out)
{
	struct header_field field;
	struct span block = c->has_message ? c->message.bytes : c->fields;

	if (c->terms) {
		*out = (struct date){ c->terms->sent_s, c->terms->sent_zone_minutes };
		return c->terms->has_sent;
	}
	return header_find(block, SPAN("Date"), &field) && date_parse(field.value, out);
}

/* The day of the Date field in its own zone (RFC 9051 §6.4.4: time and zone are disregarded). */
static enum match match_sent(const struct search_key *key, const struct candidate *c)
{
	struct date date;

	if (!c->has_message && !c->has_fields && !c->terms)
		return MATCH_UNDECIDED;
	if (!find_sent(c, &date))
		return MATCH_NO;
	int64_t local_s = date.utc_s + date.zone_minutes * 60;
	int64_t day = local_s / DAY_S - (local_s % DAY_S < 0), want = (int64_t)key->number;
	bool yes = key->op == SEARCH_SENT_BEFORE ? day < want
		: key->op == SEARCH_SENT_ON      ? day == want
						 : day >= want;
	return yes ? MATCH_YES : MATCH_NO;
}

/* ------------------------------------------------------------------ ids, SAVEDATE */

static enum match match_meta(const struct search_key *key, const struct candidate *c)
{
	if (!c->row)
		return MATCH_UNDECIDED;
	int64_t day = c->row->saved_at / DAY_S, want = (int64_t)key->number;
	bool yes = key->op == SEARCH_EMAILID     ? object_id_is_email(key->text, c->row->blob_id)
		: key->op == SEARCH_THREADID     ? object_id_is_thread(key->text, c->row->thread_id)
		: key->op == SEARCH_SAVED_BEFORE ? day < want
		: key->op == SEARCH_SAVED_ON     ? day == want
						 : day >= want;
	return yes ? MATCH_YES : MATCH_NO;
}

/* ------------------------------------------------------------------ text */

static struct span folded_body(struct candidate *c)
{
	if (!c->folded_body.ptr) {
		struct str text = str_in(c->a, 8 * KEPT_MAX);
		mime_text_add(&text, open_message_root(&c->message), 7 * KEPT_MAX);
		c->folded_body = search_fold(c->a, str_span(&text));
	}
	return c->folded_body;
}

/* Adds folded text to the end of what came before, white space across the border once. */
static void add_folded(struct str *hay, struct span folded)
{
	bool both = hay->len && hay->ptr[hay->len - 1] == ' ' && span_starts(folded, SPAN(" "));

	str_add(hay, span_from(folded, both));
}

/* A window at a time, with the end of the one before in front: nothing is missed at a border. */
static bool windows_contain(struct span text, struct span needle)
{
	struct str hay;
	struct arena a;
	bool found = false;

	str_init(&hay, 4 * WINDOW + 2 * needle.len);
	arena_init(&a, 4096);
	while (text.len && !found) {
		size_t len = text.len > WINDOW ? utf8_floor(text.ptr, WINDOW) : text.len;
		add_folded(&hay, search_fold(&a, span_sub(text, 0, len)));
		found = contains(str_span(&hay), needle);
		if (hay.len > needle.len)
			str_eat(&hay, hay.len - needle.len);
		text = span_from(text, len);
		arena_reset(&a);
	}
	arena_done(&a);
	str_done(&hay);
	return found;
}

/* Of a large message only one part is in memory at a time. */
static bool large_body_contains(struct candidate *c, struct span needle)
{
	bool found = false;

	for (const struct part *p = open_message_root(&c->message); p && !found; p = part_next(p)) {
		struct str text;
		str_init(&text, MIME_PART_TEXT_MAX(p));
		mime_part_text_add(&text, p);
		found = windows_contain(str_span(&text), needle);
		str_done(&text);
	}
	return found;
}

static bool body_contains(struct candidate *c, struct span needle)
{
	if (!needle.len)
		return true;
	if (c->message.bytes.len > KEPT_MAX)
		return large_body_contains(c, needle);
	return contains(folded_body(c), needle);
}

static bool block_contains(struct candidate *c, struct span block, struct span needle)
{
	struct search_fields walk;
	struct span folded;

	search_fields_begin(&walk, block);
	while (search_fields_next(c->a, &walk, &folded)) {
		if (contains(folded, needle))
			return true;
	}
	return false;
}

/* The message's header, and what its parts say of themselves. */
static bool headers_contain(struct candidate *c, struct span needle)
{
	if (block_contains(c, c->message.bytes, needle))
		return true;
	for (const struct part *p = part_next(open_message_root(&c->message)); p;
		p = part_next(p)) {
		if (block_contains(c, p->header, needle))
			return true;
	}
	return false;
}

static enum match known_answer(uint8_t found)
{
	return found == WORDS_MAYBE ? MATCH_UNDECIDED : found == WORDS_YES ? MATCH_YES : MATCH_NO;
}

static enum match match_text(const struct search_key *key, struct candidate *c)
{
	if (!c->has_message)
		return key->answers ? known_answer(key->answers[c->index]) : MATCH_UNDECIDED;
	bool yes = body_contains(c, key->text) ||
		(key->op == SEARCH_TEXT && headers_contain(c, key->text));
	return yes ? MATCH_YES : MATCH_NO;
}

/* ------------------------------------------------------------------ snapshot */

static bool match_row(const struct search_key *key, const struct candidate *c)
{
	struct view_row row = imap_view_at(c->view, c->index);
	const struct snapshot *snap = row.snap;
	int64_t local_s = snap->internal_at[row.i] + snap->internal_zone[row.i] * 60;
	int64_t day = local_s / DAY_S - (local_s % DAY_S < 0);
	int64_t number = (int64_t)key->number;
	int64_t age_s = c->now_s - snap->internal_at[row.i];

	switch (key->op) {
	case SEARCH_FLAG:
		return snap->flags[row.i] & key->number;
	case SEARCH_RECENT:
		return (int64_t)snap->uid[row.i] >= c->view->first_recent;
	case SEARCH_KEYWORD:
		return snap->keywords[row.i] & key->number;
	case SEARCH_NUMBERS:
	case SEARCH_UIDS:
		return index_runs_has(&key->runs, c->index);
	case SEARCH_LARGER:
		return snap->size_bytes[row.i] > key->number;
	case SEARCH_SMALLER:
		return snap->size_bytes[row.i] < key->number;
	case SEARCH_BEFORE:
		return day < number;
	case SEARCH_ON:
		return day == number;
	case SEARCH_SINCE:
		return day >= number;
	case SEARCH_OLDER:
		return age_s >= number;
	case SEARCH_YOUNGER:
		return age_s <= number;
	case SEARCH_MODSEQ:
		return snap->modseq[row.i] >= key->number;
	case SEARCH_AND:
	case SEARCH_OR:
	case SEARCH_NOT:
	case SEARCH_SENT_BEFORE:
	case SEARCH_SENT_ON:
	case SEARCH_SENT_SINCE:
	case SEARCH_SAVED_BEFORE:
	case SEARCH_SAVED_ON:
	case SEARCH_SAVED_SINCE:
	case SEARCH_EMAILID:
	case SEARCH_THREADID:
	case SEARCH_HEADER:
	case SEARCH_BODY:
	case SEARCH_TEXT:
		break;
	}
	return false;
}

/* ------------------------------------------------------------------ logic */

/* decisive: the child's answer that settles it, NO for AND, YES for OR. */
static enum match match_all(const struct search_key *key, struct candidate *c, enum match decisive)
{
	enum match result = decisive == MATCH_NO ? MATCH_YES : MATCH_NO;

	for (const struct search_key *k = key->children; k; k = k->next) {
		enum match one = search_match(k, c);
		if (one == decisive)
			return one;
		if (one == MATCH_UNDECIDED)
			result = MATCH_UNDECIDED;
	}
	return result;
}

static enum match opposite(enum match m)
{
	return m == MATCH_UNDECIDED ? m : m == MATCH_YES ? MATCH_NO : MATCH_YES;
}

enum match search_match(const struct search_key *key, struct candidate *c)
{
	switch (key->op) {
	case SEARCH_AND:
		return match_all(key, c, MATCH_NO);
	case SEARCH_OR:
		return match_all(key, c, MATCH_YES);
	case SEARCH_NOT:
		return opposite(search_match(key->children, c));
	case SEARCH_HEADER:
		return match_field(key, c);
	case SEARCH_SENT_BEFORE:
	case SEARCH_SENT_ON:
	case SEARCH_SENT_SINCE:
		return match_sent(key, c);
	case SEARCH_SAVED_BEFORE:
	case SEARCH_SAVED_ON:
	case SEARCH_SAVED_SINCE:
	case SEARCH_EMAILID:
	case SEARCH_THREADID:
		return match_meta(key, c);
	case SEARCH_BODY:
	case SEARCH_TEXT:
		return match_text(key, c);
	case SEARCH_FLAG:
	case SEARCH_RECENT:
	case SEARCH_KEYWORD:
	case SEARCH_NUMBERS:
	case SEARCH_UIDS:
	case SEARCH_LARGER:
	case SEARCH_SMALLER:
	case SEARCH_BEFORE:
	case SEARCH_ON:
	case SEARCH_SINCE:
	case SEARCH_OLDER:
	case SEARCH_YOUNGER:
	case SEARCH_MODSEQ:
		return match_row(key, c) ? MATCH_YES : MATCH_NO;
	}
	return MATCH_NO;
}
