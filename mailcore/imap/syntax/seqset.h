/*
 * Sequence sets (RFC 9051 §9, sequence-set): "1,4:6,10:*", and "$" for the saved result.
 *
 * Parsing is pure; a set is never enumerated: seqset_resolve cuts it with a sorted array of UIDs
 * (or with 1..n) into ascending, disjoint runs of indexes. Linear in the text, n log n in its
 * ranges. Limit: SEQSET_RANGES_MAX ranges.
 */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/base/cur.h"
#include "mailcore/base/str.h"

#define SEQSET_RANGES_MAX 65536

#define SEQ_STAR 0 /* "*" in a range */

struct seq_range {
	uint32_t from, to; /* as written, in either order; SEQ_STAR */
};

struct seqset {
	bool saved; /* "$" */
	const struct seq_range *items;
	size_t len;
};

/* sequence-set = (seq-number / seq-range) ["," sequence-set] / "$" */
bool seqset_parse(struct cur *in, struct arena *a, struct seqset *out);

/* Half-open runs of indexes, ascending and disjoint. */
struct index_run {
	size_t from, to;
};
struct index_runs {
	struct index_run *items;
	size_t len;
	size_t count; /* indexes in all */
};

/* Numbers are message numbers 1..n. False when one of them does not exist ("*" in an empty folder
 * included). */
bool seqset_resolve_numbers(
	const struct seqset *set, size_t n, struct arena *a, struct index_runs *out);
/* Numbers are UIDs; those that do not exist are left out, "*" is the last one. */
void seqset_resolve_uids(const struct seqset *set, const uint32_t *uids, size_t n, struct arena *a,
	struct index_runs *out);
/* The runs of the given UIDs (ascending), for "$". */
void index_runs_of_uids(const uint32_t *wanted, size_t n_wanted, const uint32_t *uids, size_t n,
	struct arena *a, struct index_runs *out);

/* True when index i is in. Logarithmic. */
bool index_runs_has(const struct index_runs *runs, size_t i);

/* 3:5,9 of an ascending array. */
void uid_set_add(struct str *out, const uint32_t *uids, size_t n);
/* The same for two arrays whose n-th elements belong together (COPYUID): a run breaks in both at
 * once, so that both sets have the same shape. */
void uid_set_pairs_add(
	struct str *first, struct str *second, const uint32_t *from, const uint32_t *to, size_t n);
