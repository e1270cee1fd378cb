/* What SORT and THREAD ask for: see sort_keys.h. */
#include "mailcore/imap/syntax/sort_keys.h"

#include "mailcore/imap/syntax/lex.h"

static bool take_key(struct cur *in, struct sort_key *out)
{
	static const struct {
		const char *name;
		enum sort_by by;
	} names[] = {
		{ "ARRIVAL", SORT_ARRIVAL },
		{ "CC", SORT_CC },
		{ "DATE", SORT_DATE },
		{ "FROM", SORT_FROM },
		{ "SIZE", SORT_SIZE },
		{ "SUBJECT", SORT_SUBJECT },
		{ "TO", SORT_TO },
		{ "DISPLAYFROM", SORT_DISPLAYFROM },
		{ "DISPLAYTO", SORT_DISPLAYTO },
	};

	out->reverse = lex_word(in, "REVERSE");
	if (out->reverse && !lex_sp(in))
		return false;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (lex_word(in, names[i].name)) {
			out->by = names[i].by;
			return true;
		}
	}
	return false;
}

/* What is equal in a key stays so when it is asked again. */
static void add_key(struct sort_program *program, const struct sort_key *key)
{
	for (size_t i = 0; i < program->len; i++) {
		if (program->keys[i].by == key->by)
			return;
	}
	program->keys[program->len++] = *key;
}

static bool take_program(struct cur *in, struct sort_program *out)
{
	struct sort_key key;

	out->len = 0;
	if (!cur_take(in, '('))
		return false;
	do {
		if (!take_key(in, &key))
			return false;
		add_key(out, &key);
	} while (lex_sp(in));
	return cur_take(in, ')');
}

/* SP charset SP search-keys */
static enum search_parse take_keys(struct cur *in, struct arena *a, struct search_query *q)
{
	struct span charset;

	if (!lex_sp(in) || !lex_astring(in, a, &charset) || !lex_sp(in))
		return SEARCH_BAD;
	return search_keys_parse(in, a, charset, q);
}

enum search_parse sort_parse(
	struct cur *in, struct arena *a, struct sort_program *out, struct search_query *out_query)
{
	struct cur c = *in;
	struct search_query q = { 0 };

	if (!lex_sp(&c) || !search_return_parse(&c, &q) || !take_program(&c, out))
		return SEARCH_BAD;
	enum search_parse parsed = take_keys(&c, a, &q);
	if (parsed != SEARCH_PARSED)
		return parsed;
	*out_query = q;
	*in = c;
	return SEARCH_PARSED;
}

enum search_parse thread_parse(
	struct cur *in, struct arena *a, enum thread_algorithm *out, struct search_query *out_query)
{
	struct cur c = *in;
	struct search_query q = { 0 };

	if (!lex_sp(&c))
		return SEARCH_BAD;
	if (lex_word(&c, "REFERENCES"))
		*out = THREAD_REFERENCES;
	else if (lex_word(&c, "ORDEREDSUBJECT"))
		*out = THREAD_ORDEREDSUBJECT;
	else
		return SEARCH_BAD;
	enum search_parse parsed = take_keys(&c, a, &q);
	if (parsed != SEARCH_PARSED)
		return parsed;
	*out_query = q;
	*in = c;
	return SEARCH_PARSED;
}
