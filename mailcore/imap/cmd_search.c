/* SEARCH (RFC 9051 §6.4.4, RFC 4731, RFC 5182): finds, and answers with SEARCH or ESEARCH. */
#include "mailcore/imap/commands.h"
#include "mailcore/imap/esearch.h"
#include "mailcore/imap/reply.h"
#include "mailcore/imap/syntax/lex.h"

static void reply_search(struct answer *answer, const struct search *q)
{
	struct str *out = conn_out(answer->cmd.s->conn);
	const uint32_t *names = esearch_names(answer, q);

	str_add_cstr(out, "* SEARCH");
	for (size_t i = 0; i < q->found.len; i++) {
		str_add_c(out, ' ');
		str_add_u64(out, names[i]);
	}
	if (q->query.modseq && q->found.len)
		str_addf(
			out, " (MODSEQ %llu)", (unsigned long long)esearch_modseq(&answer->cmd, q));
	str_add_cstr(out, "\r\n");
}

static enum step search_go(struct answer *answer)
{
	struct search *q = answer->data;
	struct imap *s = answer->cmd.s;
	bool done;
	enum rc rc = search_run(answer, q, &done);

	if (rc != RC_OK)
		return esearch_fail(answer, q, rc);
	if (!done)
		return STEP_MORE;
	esearch_save(s, q);
	if (q->query.returns == RETURN_SAVE)
		return imap_reply_ok(&answer->cmd, "Saved.");
	if (q->query.extended || s->rev2)
		esearch_reply(answer, q, esearch_names(answer, q));
	else
		reply_search(answer, q);
	return imap_reply_ok(&answer->cmd, "Done.");
}

enum step imap_cmd_search(struct command *cmd)
{
	struct answer *answer = answer_new(cmd, search_go, sizeof(struct search));
	struct search *q = answer->data;
	enum search_parse parsed = lex_sp(&answer->cmd.args)
		? search_parse(&answer->cmd.args, &answer->arena, &q->query)
		: SEARCH_BAD;

	return esearch_start(answer, q, parsed);
}
