/*
 * What a SEARCH asks for (RFC 9051 §6.4.4, RFC 3501, 4731, 5032, 7162, 8474, 8514, 9394): keys as
 * a tree. SORT and THREAD have the same keys (sort_keys.h).
 *
 * Pure; memory is the arena's. Text arguments come out case-folded UTF-8. Limits:
 * SEARCH_KEYS_MAX keys, SEARCH_DEPTH_MAX levels of parentheses, NOT and OR.
 */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/base/cur.h"
#include "mailcore/imap/syntax/partial.h"
#include "mailcore/imap/syntax/seqset.h"

#define SEARCH_KEYS_MAX  2000
#define SEARCH_DEPTH_MAX 50

enum search_op {
	SEARCH_AND, /* all of the children; ALL is an AND of none */
	SEARCH_OR,
	SEARCH_NOT,  /* one child */
	SEARCH_FLAG, /* number: enum message_flag */
	SEARCH_RECENT,
	SEARCH_KEYWORD, /* text as written, not folded */
	SEARCH_NUMBERS, /* set of message numbers or "$" */
	SEARCH_UIDS,
	SEARCH_LARGER, /* number: octets */
	SEARCH_SMALLER,
	SEARCH_BEFORE, /* number: day since 1970, of INTERNALDATE */
	SEARCH_ON,
	SEARCH_SINCE,
	SEARCH_SENT_BEFORE, /* the same of the Date field */
	SEARCH_SENT_ON,
	SEARCH_SENT_SINCE,
	SEARCH_OLDER, /* number: seconds */
	SEARCH_YOUNGER,
	SEARCH_MODSEQ,       /* number: at least */
	SEARCH_SAVED_BEFORE, /* number: day since 1970, of SAVEDATE */
	SEARCH_SAVED_ON,
	SEARCH_SAVED_SINCE,
	SEARCH_EMAILID, /* text */
	SEARCH_THREADID,
	SEARCH_HEADER, /* name, text (empty: the field is there) */
	SEARCH_BODY,   /* text */
	SEARCH_TEXT,   /* text: header and body */
};

struct search_key {
	enum search_op op;
	struct search_key *children, *next;
	uint64_t number;
	struct span name, text;
	uint8_t *answers; /* of TEXT and BODY: enum words_found of each message; NULL: unknown */
	struct seqset set;
	struct index_runs runs; /* of the sets: filled by whoever knows the folder */
};

enum search_return {
	RETURN_MIN = 1,
	RETURN_MAX = 2,
	RETURN_ALL = 4,
	RETURN_COUNT = 8,
	RETURN_SAVE = 16,
	RETURN_PARTIAL = 32,
};

struct search_query {
	struct search_key *root; /* SEARCH_AND */
	unsigned returns;        /* enum search_return */
	struct partial_range partial;
	bool extended; /* RETURN was given */
	bool charset;  /* CHARSET was given */
	bool modseq;   /* MODSEQ was among the keys */
};

enum search_parse {
	SEARCH_PARSED,
	SEARCH_BAD,
	SEARCH_BADCHARSET,
};

/* search-program = [SP "RETURN" SP "(" ... ")"] ["CHARSET" SP charset SP] search-key *(SP
 * search-key), up to the end of the command. */
enum search_parse search_parse(struct cur *in, struct arena *a, struct search_query *out);
/* Its pieces. ["RETURN" SP "(" [return-opt *(SP return-opt)] ")" SP] */
bool search_return_parse(struct cur *in, struct search_query *q);
/* search-key *(SP search-key) up to the end; charset may be empty. */
enum search_parse search_keys_parse(
	struct cur *in, struct arena *a, struct span charset, struct search_query *q);
