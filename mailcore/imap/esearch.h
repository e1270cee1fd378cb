/* The ESEARCH answer (RFC 4731, RFC 9394) of SEARCH and SORT, and what these and THREAD share. */
#pragma once

#include "mailcore/imap/search_run.h"

/* UIDs or numbers of the found messages, in their order. Memory: the answer's. */
uint32_t *esearch_names(struct answer *answer, const struct search *q);
/* Untagged ESEARCH; names: q->found.len of them. */
void esearch_reply(struct answer *answer, const struct search *q, const uint32_t *names);
/* "$" becomes what was found, or what of it was asked for (RFC 5182 §2.4, RFC 9394 §3.1). */
void esearch_save(struct imap *s, const struct search *q);
/* The largest MODSEQ of what was found. */
uint64_t esearch_modseq(const struct command *cmd, const struct search *q);
/* Begins with what was parsed, or says what is wrong with it; the answer is gone then. */
enum step esearch_start(struct answer *answer, struct search *q, enum search_parse parsed);
/* What goes wrong in a search, told; "$" is then empty (RFC 5182 §2.1). */
enum step esearch_fail(struct answer *answer, const struct search *q, enum rc rc);
