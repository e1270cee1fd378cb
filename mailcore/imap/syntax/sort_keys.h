/*
 * What SORT and THREAD ask for (RFC 5256, RFC 5267, RFC 5957): by what, and the keys of search_keys.h.
 * Pure; memory is the arena's.
 */
#pragma once

#include "mailcore/imap/syntax/search_keys.h"

#define SORT_KEYS_MAX 16

enum sort_by {
	SORT_ARRIVAL,
	SORT_CC,
	SORT_DATE,
	SORT_FROM,
	SORT_SIZE,
	SORT_SUBJECT,
	SORT_TO,
	SORT_DISPLAYFROM,
	SORT_DISPLAYTO,
};

struct sort_key {
	enum sort_by by;
	bool reverse;
};

struct sort_program {
	struct sort_key keys[SORT_KEYS_MAX];
	size_t len;
};

/* [SP "RETURN" SP "(" ... ")"] SP "(" sort-key *(SP sort-key) ")" SP charset SP search-keys;
 * sort-key = ["REVERSE" SP] name. What is given a second time is passed over. */
enum search_parse sort_parse(
	struct cur *in, struct arena *a, struct sort_program *out, struct search_query *out_query);

enum thread_algorithm { THREAD_REFERENCES, THREAD_ORDEREDSUBJECT };

/* SP thread-algorithm SP charset SP search-keys */
enum search_parse thread_parse(struct cur *in, struct arena *a, enum thread_algorithm *out,
	struct search_query *out_query);
