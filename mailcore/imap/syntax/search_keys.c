/* What a SEARCH asks for: see search_keys.h. */
#include "mailcore/imap/syntax/search_keys.h"

#include "mailcore/base/str.h"
#include "mailcore/imap/syntax/item_text.h"
#include "mailcore/imap/syntax/lex.h"
#include "mailcore/mime/charset.h"
#include "mailcore/mime/search_text.h"
#include "mailcore/store/store.h"

struct parser {
	struct arena *a;
	struct span charset; /* empty: UTF-8 */
	size_t n_keys;
	bool modseq;
};

/* What follows a key's name. */
enum shape {
	SHAPE_NONE,
	SHAPE_TEXT,
	SHAPE_FIELD_TEXT, /* of the field named in the table */
	SHAPE_DATE,
	SHAPE_NUMBER,
	SHAPE_KEYWORD,
	SHAPE_UIDS,
	SHAPE_HEADER,
	SHAPE_MODSEQ,
	SHAPE_OBJECT_ID,
	SHAPE_NOT,
	SHAPE_OR,
};

static const struct key_row {
	const char *name;
	enum shape shape;
	enum search_op op;
	uint64_t number;
	bool negated; /* the key means NOT op */
	const char *field;
} key_rows[] = {
	{ "ALL", SHAPE_NONE, SEARCH_AND },
	{ "ANSWERED", SHAPE_NONE, SEARCH_FLAG, FLAG_ANSWERED },
	{ "BCC", SHAPE_FIELD_TEXT, SEARCH_HEADER, 0, false, "Bcc" },
	{ "BEFORE", SHAPE_DATE, SEARCH_BEFORE },
	{ "BODY", SHAPE_TEXT, SEARCH_BODY },
	{ "CC", SHAPE_FIELD_TEXT, SEARCH_HEADER, 0, false, "Cc" },
	{ "DELETED", SHAPE_NONE, SEARCH_FLAG, FLAG_DELETED },
	{ "DRAFT", SHAPE_NONE, SEARCH_FLAG, FLAG_DRAFT },
	{ "EMAILID", SHAPE_OBJECT_ID, SEARCH_EMAILID },
	{ "FLAGGED", SHAPE_NONE, SEARCH_FLAG, FLAG_FLAGGED },
	{ "FROM", SHAPE_FIELD_TEXT, SEARCH_HEADER, 0, false, "From" },
	{ "HEADER", SHAPE_HEADER, SEARCH_HEADER },
	{ "KEYWORD", SHAPE_KEYWORD, SEARCH_KEYWORD },
	{ "LARGER", SHAPE_NUMBER, SEARCH_LARGER },
	{ "MODSEQ", SHAPE_MODSEQ, SEARCH_MODSEQ },
	{ "NOT", SHAPE_NOT, SEARCH_NOT },
	{ "OLD", SHAPE_NONE, SEARCH_RECENT, 0, true },
	{ "OLDER", SHAPE_NUMBER, SEARCH_OLDER },
	{ "ON", SHAPE_DATE, SEARCH_ON },
	{ "OR", SHAPE_OR, SEARCH_OR },
	{ "RECENT", SHAPE_NONE, SEARCH_RECENT },
	{ "SAVEDATESUPPORTED", SHAPE_NONE, SEARCH_AND },
	{ "SAVEDBEFORE", SHAPE_DATE, SEARCH_SAVED_BEFORE },
	{ "SAVEDON", SHAPE_DATE, SEARCH_SAVED_ON },
	{ "SAVEDSINCE", SHAPE_DATE, SEARCH_SAVED_SINCE },
	{ "SEEN", SHAPE_NONE, SEARCH_FLAG, FLAG_SEEN },
	{ "SENTBEFORE", SHAPE_DATE, SEARCH_SENT_BEFORE },
	{ "SENTON", SHAPE_DATE, SEARCH_SENT_ON },
	{ "SENTSINCE", SHAPE_DATE, SEARCH_SENT_SINCE },
	{ "SINCE", SHAPE_DATE, SEARCH_SINCE },
	{ "SMALLER", SHAPE_NUMBER, SEARCH_SMALLER },
	{ "SUBJECT", SHAPE_FIELD_TEXT, SEARCH_HEADER, 0, false, "Subject" },
	{ "TEXT", SHAPE_TEXT, SEARCH_TEXT },
	{ "THREADID", SHAPE_OBJECT_ID, SEARCH_THREADID },
	{ "TO", SHAPE_FIELD_TEXT, SEARCH_HEADER, 0, false, "To" },
	{ "UID", SHAPE_UIDS, SEARCH_UIDS },
	{ "UNANSWERED", SHAPE_NONE, SEARCH_FLAG, FLAG_ANSWERED, true },
	{ "UNDELETED", SHAPE_NONE, SEARCH_FLAG, FLAG_DELETED, true },
	{ "UNDRAFT", SHAPE_NONE, SEARCH_FLAG, FLAG_DRAFT, true },
	{ "UNFLAGGED", SHAPE_NONE, SEARCH_FLAG, FLAG_FLAGGED, true },
	{ "UNKEYWORD", SHAPE_KEYWORD, SEARCH_KEYWORD, 0, true },
	{ "UNSEEN", SHAPE_NONE, SEARCH_FLAG, FLAG_SEEN, true },
	{ "YOUNGER", SHAPE_NUMBER, SEARCH_YOUNGER },
};

static struct search_key *take_key(struct cur *in, struct parser *p, unsigned depth);

/* ------------------------------------------------------------------ text */

/* astring in the command's charset, folded */
static bool take_text(struct cur *in, struct parser *p, struct span *out)
{
	struct span raw;
	struct str utf8 = str_in(p->a, SEARCH_FOLD_MAX);

	if (!lex_astring(in, p->a, &raw))
		return false;
	if (!p->charset.len || !charset_to_utf8(&utf8, p->charset, raw))
		charset_guess_to_utf8(&utf8, raw);
	*out = search_fold(p->a, str_span(&utf8));
	return true;
}

/* ------------------------------------------------------------------ keys */

static struct search_key *key_new(struct parser *p, enum search_op op)
{
	struct search_key *key = arena_zalloc(p->a, sizeof *key);

	key->op = op;
	p->n_keys++;
	return key;
}

static struct search_key *negate(struct parser *p, struct search_key *key)
{
	struct search_key *not = key_new(p, SEARCH_NOT);

	not ->children = key;
	return not ;
}

/* "MODSEQ" [SP entry-name SP entry-type-req] SP mod-sequence-valzer */
static bool take_modseq(struct cur *in, struct parser *p, struct search_key *key)
{
	struct span entry, type;

	p->modseq = true;
	if (cur_peek(in) == '"' &&
		(!lex_string(in, p->a, &entry) || !lex_sp(in) || !lex_atom(in, &type) ||
			!lex_sp(in)))
		return false;
	return lex_u64(in, &key->number);
}

static bool take_date(struct cur *in, struct search_key *key)
{
	int64_t day;

	if (!search_date_parse(in, &day))
		return false;
	key->number = (uint64_t)day; /* compared as signed again */
	return true;
}

/* The argument of a key, its leading space included. */
static bool take_argument(struct cur *in, struct parser *p, const struct key_row *row,
	struct search_key *key, unsigned depth)
{
	if (row->shape == SHAPE_NONE)
		return true;
	if (!lex_sp(in))
		return false;
	switch (row->shape) {
	case SHAPE_NONE:
		return true;
	case SHAPE_FIELD_TEXT:
		key->name = span_of(row->field);
		return take_text(in, p, &key->text);
	case SHAPE_TEXT:
		return take_text(in, p, &key->text);
	case SHAPE_DATE:
		return take_date(in, key);
	case SHAPE_NUMBER:
		return lex_u64(in, &key->number);
	case SHAPE_KEYWORD:
		return keyword_parse(in, &key->text);
	case SHAPE_OBJECT_ID:
		return lex_astring(in, p->a, &key->text);
	case SHAPE_UIDS:
		return seqset_parse(in, p->a, &key->set);
	case SHAPE_HEADER:
		return lex_astring(in, p->a, &key->name) && lex_sp(in) &&
			take_text(in, p, &key->text);
	case SHAPE_MODSEQ:
		return take_modseq(in, p, key);
	case SHAPE_NOT:
		key->children = take_key(in, p, depth + 1);
		return key->children;
	case SHAPE_OR:
		key->children = take_key(in, p, depth + 1);
		if (!key->children || !lex_sp(in))
			return false;
		key->children->next = take_key(in, p, depth + 1);
		return key->children->next;
	}
	return false;
}

static struct search_key *take_named(struct cur *in, struct parser *p, unsigned depth)
{
	struct span word;

	if (!lex_atom(in, &word))
		return NULL;
	for (size_t i = 0; i < sizeof key_rows / sizeof key_rows[0]; i++) {
		const struct key_row *row = &key_rows[i];
		if (!span_ieq(word, span_of(row->name)))
			continue;
		struct search_key *key = key_new(p, row->op);
		key->number = row->number;
		if (!take_argument(in, p, row, key, depth))
			return NULL;
		return row->negated ? negate(p, key) : key;
	}
	/* NEW = RECENT UNSEEN */
	if (!span_ieq(word, SPAN("NEW")))
		return NULL;
	struct search_key *both = key_new(p, SEARCH_AND);
	struct search_key *seen = key_new(p, SEARCH_FLAG);
	seen->number = FLAG_SEEN;
	both->children = key_new(p, SEARCH_RECENT);
	both->children->next = negate(p, seen);
	return both;
}

/* search-key *(SP search-key), as an AND */
static struct search_key *take_keys(struct cur *in, struct parser *p, unsigned depth)
{
	struct search_key *all = key_new(p, SEARCH_AND);
	struct search_key **tail = &all->children;

	do {
		*tail = take_key(in, p, depth);
		if (!*tail)
			return NULL;
		tail = &(*tail)->next;
	} while (lex_sp(in));
	return all;
}

/* A key's own memory is never shared, so `next` belongs to the list it is put into. */
static struct search_key *take_key(struct cur *in, struct parser *p, unsigned depth)
{
	if (depth > SEARCH_DEPTH_MAX || p->n_keys > SEARCH_KEYS_MAX)
		return NULL;
	if (cur_take(in, '(')) {
		struct search_key *keys = take_keys(in, p, depth + 1);
		return keys && cur_take(in, ')') ? keys : NULL;
	}
	int c = cur_peek(in);
	if (c == '*' || c == '$' || (c >= '0' && c <= '9')) {
		struct search_key *key = key_new(p, SEARCH_NUMBERS);
		return seqset_parse(in, p->a, &key->set) ? key : NULL;
	}
	return take_named(in, p, depth);
}

/* ------------------------------------------------------------------ program */

static bool take_return_option(struct cur *in, struct search_query *q)
{
	static const struct {
		const char *name;
		unsigned bit;
	} names[] = { { "MIN", RETURN_MIN }, { "MAX", RETURN_MAX }, { "ALL", RETURN_ALL },
		{ "COUNT", RETURN_COUNT }, { "SAVE", RETURN_SAVE } };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (lex_word(in, names[i].name)) {
			q->returns |= names[i].bit;
			return true;
		}
	}
	if (q->returns & RETURN_PARTIAL || !lex_word(in, "PARTIAL") || !lex_sp(in))
		return false;
	q->returns |= RETURN_PARTIAL;
	return partial_range_parse(in, &q->partial);
}

bool search_return_parse(struct cur *in, struct search_query *q)
{
	struct cur c = *in;
	struct search_query found = *q;

	if (!lex_word(&c, "RETURN"))
		return true;
	found.extended = true;
	if (!lex_sp(&c) || !cur_take(&c, '('))
		return false;
	while (!cur_take(&c, ')')) {
		if (!take_return_option(&c, &found))
			return false;
		(void)lex_sp(&c);
	}
	/* RFC 9394 §3.1: they contradict each other. */
	if (!lex_sp(&c) || (found.returns & RETURN_PARTIAL && found.returns & RETURN_ALL))
		return false;
	if (!found.returns)
		found.returns = RETURN_ALL;
	*q = found;
	*in = c;
	return true;
}

/* "CHARSET" SP astring SP */
static bool take_charset(struct cur *in, struct arena *a, struct span *out)
{
	if (!lex_word(in, "CHARSET"))
		return true;
	return lex_sp(in) && lex_astring(in, a, out) && lex_sp(in);
}

enum search_parse search_keys_parse(
	struct cur *in, struct arena *a, struct span charset, struct search_query *q)
{
	struct cur c = *in;
	struct parser p = { .a = a, .charset = charset };

	if (charset.len && !charset_is_known(charset))
		return SEARCH_BADCHARSET;
	struct search_key *root = take_keys(&c, &p, 0);
	if (!root || !cur_done(&c))
		return SEARCH_BAD;
	q->root = root;
	q->modseq = p.modseq;
	*in = c;
	return SEARCH_PARSED;
}

enum search_parse search_parse(struct cur *in, struct arena *a, struct search_query *out)
{
	struct cur c = *in;
	struct search_query q = { 0 };
	struct span charset = SPAN_NONE;

	if (!search_return_parse(&c, &q) || !take_charset(&c, a, &charset))
		return SEARCH_BAD;
	q.charset = charset.ptr != NULL;
	enum search_parse parsed = search_keys_parse(&c, a, charset, &q);
	if (parsed != SEARCH_PARSED)
		return parsed;
	*out = q;
	*in = c;
	return SEARCH_PARSED;
}
