/*
 * What SELECT and EXAMINE are told beside the folder (RFC 7162 §3.1.8, §3.2.5). Pure; memory is the
 * arena's.
 */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/base/cur.h"
#include "mailcore/imap/syntax/seqset.h"

/* What a client remembers of the folder. */
struct resync {
	uint32_t uidvalidity;
	uint64_t modseq;
	struct seqset known;                     /* UIDs; len 0: all */
	struct seqset match_numbers, match_uids; /* pairs that it remembers; len 0: none */
};

struct select_params {
	bool condstore;
	bool qresync;
	struct resync resync;
};

/* [SP "(" select-param *(SP select-param) ")"] up to the end of the command;
 * select-param = "CONDSTORE" / "QRESYNC" SP "(" uidvalidity SP mod-sequence-value
 * [SP known-uids] [SP "(" known-sequence-set SP known-uid-set ")"] ")" */
bool select_params_parse(struct cur *in, struct arena *a, struct select_params *out);
