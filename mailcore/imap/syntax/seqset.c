/* Sequence sets: see seqset.h. */
#include "mailcore/imap/syntax/seqset.h"

#include <stdlib.h>

#include "mailcore/base/vec.h"
#include "mailcore/imap/syntax/lex.h"

/* seq-number = nz-number / "*" */
static bool take_number(struct cur *in, uint32_t *out)
{
	struct cur c = *in;

	if (cur_take(in, '*')) {
		*out = SEQ_STAR;
		return true;
	}
	if (!lex_u32(&c, out) || *out == 0)
		return false;
	*in = c;
	return true;
}

/* seq-range = seq-number ":" seq-number */
static bool take_range(struct cur *in, struct seq_range *out)
{
	if (!take_number(in, &out->from))
		return false;
	out->to = out->from;
	return !cur_take(in, ':') || take_number(in, &out->to);
}

bool seqset_parse(struct cur *in, struct arena *a, struct seqset *out)
{
	struct cur c = *in;
	struct {
		struct seq_range *items;
		size_t len, cap;
	} ranges = { 0 };

	if (cur_take(&c, '$')) {
		*out = (struct seqset){ .saved = true };
		*in = c;
		return true;
	}
	do {
		struct seq_range range;
		if (ranges.len == SEQSET_RANGES_MAX || !take_range(&c, &range))
			return false;
		VEC_PUSH(a, &ranges, range);
	} while (cur_take(&c, ','));
	*out = (struct seqset){ .items = ranges.items, .len = ranges.len };
	*in = c;
	return true;
}

static int run_cmp(const void *a, const void *b)
{
	const struct index_run *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return (x->to > y->to) - (x->to < y->to);
}

/* Sorts and joins what overlaps or touches. */
static void runs_tidy(struct index_runs *runs)
{
	size_t len = 0;

	if (runs->len)
		qsort(runs->items, runs->len, sizeof *runs->items, run_cmp);
	runs->count = 0;
	for (size_t i = 0; i < runs->len; i++) {
		struct index_run run = runs->items[i];
		if (run.from == run.to)
			continue;
		if (len && run.from <= runs->items[len - 1].to) {
			if (run.to > runs->items[len - 1].to)
				runs->items[len - 1].to = run.to;
			continue;
		}
		runs->items[len++] = run;
	}
	runs->len = len;
	for (size_t i = 0; i < len; i++)
		runs->count += runs->items[i].to - runs->items[i].from;
}

static struct seq_range in_order(struct seq_range r, uint32_t star)
{
	uint32_t from = r.from == SEQ_STAR ? star : r.from;
	uint32_t to = r.to == SEQ_STAR ? star : r.to;

	return from <= to ? (struct seq_range){ from, to } : (struct seq_range){ to, from };
}

bool seqset_resolve_numbers(
	const struct seqset *set, size_t n, struct arena *a, struct index_runs *out)
{
	struct index_runs runs = { arena_array(a, set->len, sizeof *runs.items), set->len, 0 };

	for (size_t i = 0; i < set->len; i++) {
		struct seq_range r = in_order(set->items[i], (uint32_t)n);
		if (r.from == 0 || r.to > n)
			return false;
		runs.items[i] = (struct index_run){ r.from - 1, r.to };
	}
	runs_tidy(&runs);
	*out = runs;
	return true;
}

/* Index of uid, or of the first greater one. */
static size_t lower_bound(const uint32_t *uids, size_t n, uint32_t uid)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (uids[mid] < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

void seqset_resolve_uids(const struct seqset *set, const uint32_t *uids, size_t n, struct arena *a,
	struct index_runs *out)
{
	struct index_runs runs = { arena_array(a, set->len, sizeof *runs.items), set->len, 0 };
	uint32_t last = n ? uids[n - 1] : 0;

	for (size_t i = 0; i < set->len; i++) {
		struct seq_range r = in_order(set->items[i], last);
		size_t from = lower_bound(uids, n, r.from);
		size_t to = r.to == UINT32_MAX ? n : lower_bound(uids, n, r.to + 1);
		runs.items[i] = (struct index_run){ from, to };
	}
	runs_tidy(&runs);
	*out = runs;
}

void index_runs_of_uids(const uint32_t *wanted, size_t n_wanted, const uint32_t *uids, size_t n,
	struct arena *a, struct index_runs *out)
{
	struct index_runs runs = { arena_array(a, n_wanted, sizeof *runs.items), 0, 0 };
	size_t at = 0;

	for (size_t i = 0; i < n_wanted; i++) {
		at += lower_bound(uids + at, n - at, wanted[i]);
		if (at < n && uids[at] == wanted[i])
			runs.items[runs.len++] = (struct index_run){ at, at + 1 };
	}
	runs_tidy(&runs);
	*out = runs;
}

bool index_runs_has(const struct index_runs *runs, size_t i)
{
	size_t lo = 0, hi = runs->len;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (runs->items[mid].to <= i)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < runs->len && runs->items[lo].from <= i;
}

static void range_add(struct str *out, uint32_t from, uint32_t to)
{
	if (out->len && out->ptr[out->len - 1] != ' ')
		str_add_c(out, ',');
	str_add_u64(out, from);
	if (to > from) {
		str_add_c(out, ':');
		str_add_u64(out, to);
	}
}

void uid_set_add(struct str *out, const uint32_t *uids, size_t n)
{
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && uids[end] == uids[end - 1] + 1; end++)
			;
		range_add(out, uids[i], uids[end - 1]);
	}
}

void uid_set_pairs_add(
	struct str *first, struct str *second, const uint32_t *from, const uint32_t *to, size_t n)
{
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1;
			end < n && from[end] == from[end - 1] + 1 && to[end] == to[end - 1] + 1;
			end++)
			;
		range_add(first, from[i], from[end - 1]);
		range_add(second, to[i], to[end - 1]);
	}
}
