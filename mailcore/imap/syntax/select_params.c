/* What SELECT is told beside the folder: see select_params.h. */
#include "mailcore/imap/syntax/select_params.h"

#include "mailcore/imap/syntax/lex.h"

/* A set of numbers that were seen: no "$", no "*". */
static bool take_known(struct cur *in, struct arena *a, struct seqset *out)
{
	struct cur c = *in;
	struct seqset set;

	if (!seqset_parse(&c, a, &set) || set.saved)
		return false;
	for (size_t i = 0; i < set.len; i++) {
		if (set.items[i].from == SEQ_STAR || set.items[i].to == SEQ_STAR)
			return false;
	}
	*out = set;
	*in = c;
	return true;
}

/* seq-match-data = "(" known-sequence-set SP known-uid-set ")" */
static bool take_match(struct cur *in, struct arena *a, struct resync *out)
{
	return cur_take(in, '(') && take_known(in, a, &out->match_numbers) && lex_sp(in) &&
		take_known(in, a, &out->match_uids) && cur_take(in, ')');
}

static bool take_resync(struct cur *in, struct arena *a, struct resync *out)
{
	if (!lex_sp(in) || !cur_take(in, '(') || !lex_u32(in, &out->uidvalidity) ||
		out->uidvalidity == 0 || !lex_sp(in) || !lex_u64(in, &out->modseq) ||
		out->modseq == 0)
		return false;
	bool more = lex_sp(in);
	if (more && cur_peek(in) != '(') {
		if (!take_known(in, a, &out->known))
			return false;
		more = lex_sp(in);
	}
	if (more && !take_match(in, a, out))
		return false;
	return cur_take(in, ')');
}

bool select_params_parse(struct cur *in, struct arena *a, struct select_params *out)
{
	struct cur c = *in;
	struct select_params params = { 0 };

	if (cur_done(in)) {
		*out = params;
		return true;
	}
	if (!lex_sp(&c) || !cur_take(&c, '('))
		return false;
	do {
		if (lex_word(&c, "CONDSTORE"))
			params.condstore = true;
		else if (!params.qresync && lex_word(&c, "QRESYNC") &&
			take_resync(&c, a, &params.resync))
			params.qresync = true;
		else
			return false;
	} while (lex_sp(&c));
	if (!cur_take(&c, ')') || !cur_done(&c))
		return false;
	*out = params;
	*in = c;
	return true;
}
