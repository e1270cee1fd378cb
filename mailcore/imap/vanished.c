/* Vanished messages: see vanished.h. */
#include "mailcore/imap/vanished.h"

#include "mailcore/base/vec.h"

#define LINE_RANGES 500

struct ranges {
	struct uid_range *items;
	size_t len, cap;
};

/* UIDs as a client named them, ascending and disjoint: [from, to) counted from 0. */
static struct index_runs runs_of(const struct seqset *set, struct arena *a)
{
	static const struct seq_range all = { 1, SEQ_STAR };
	struct seqset every = { .items = &all, .len = 1 };
	struct index_runs runs = { 0 };

	/* Each number up to the largest exists, so this cannot fail. */
	(void)seqset_resolve_numbers(set->len ? set : &every, UINT32_MAX, a, &runs);
	return runs;
}

static void add_range(struct ranges *out, struct arena *a, uint64_t first, uint64_t last)
{
	if (first <= last)
		VEC_PUSH(a, out, ((struct uid_range){ (uint32_t)first, (uint32_t)last }));
}

/* What of first..last the client remembers; *run goes on with ascending ranges. */
static void add_known(struct ranges *out, struct arena *a, const struct index_runs *runs,
	size_t *run, uint64_t first, uint64_t last)
{
	while (*run < runs->len && runs->items[*run].to < first)
		(*run)++;
	for (size_t r = *run; r < runs->len && runs->items[r].from < last; r++) {
		uint64_t from = runs->items[r].from + 1, to = runs->items[r].to;
		add_range(out, a, from > first ? from : first, to < last ? to : last);
	}
}

/* Up to the last pair of number and UID that still fits nothing can be missing (RFC 7162 §3.2.5.2);
 * the pairs come in ascending order. */
static uint32_t last_match(const struct snapshot *snap, const struct resync *r, struct arena *a)
{
	struct index_runs numbers = runs_of(&r->match_numbers, a),
			  uids = runs_of(&r->match_uids, a);
	size_t n = 0, u = 0, number = 0, uid = 0;
	uint32_t last = 0;

	if (!r->match_numbers.len || !r->match_uids.len)
		return 0;
	for (; n < numbers.len && u < uids.len; number++, uid++) {
		size_t i = numbers.items[n].from + number, id = uids.items[u].from + uid + 1;
		if (i >= snap->len || snap->uid[i] != id)
			break;
		last = (uint32_t)id;
		if (i + 1 == numbers.items[n].to) {
			n++;
			number = (size_t)-1;
		}
		if (id == uids.items[u].to) {
			u++;
			uid = (size_t)-1;
		}
	}
	return last;
}

/* The log does not reach back that far: what the client knows and the folder has not. */
static struct uidset compare(struct imap *s, const struct resync *r, struct arena *a)
{
	const struct snapshot *snap = s->view.seq;
	struct index_runs runs = runs_of(&r->known, a);
	struct ranges out = { 0 };
	uint64_t next = (uint64_t)last_match(snap, r, a) + 1;
	size_t run = 0;

	for (size_t i = 0; i < snap->len; i++) {
		if (snap->uid[i] < next)
			continue;
		add_known(&out, a, &runs, &run, next, (uint64_t)snap->uid[i] - 1);
		next = (uint64_t)snap->uid[i] + 1;
	}
	add_known(&out, a, &runs, &run, next, (uint64_t)snap->uidnext - 1);
	return (struct uidset){ out.items, out.len };
}

enum rc vanished_find(struct imap *s, struct ctx *ctx, struct arena *a, const struct resync *r,
	struct uidset *out)
{
	uint32_t *uids;
	size_t n, kept = 0;
	enum rc rc = snapshot_vanished(s->options->store, ctx, s->mailbox_id, s->view.folder_id,
		(int64_t)r->modseq, &uids, &n);

	if (rc == RC_LIMIT) {
		*out = compare(s, r, a);
		return RC_OK;
	}
	if (rc != RC_OK)
		return rc;
	/* The log may be newer than what this session has been told: a message that still has a
	 * number in it vanishes when that number goes, and is not said to have gone earlier. */
	const struct snapshot *snap = s->view.seq;
	struct index_runs known = runs_of(&r->known, ctx->arena);
	for (size_t i = 0; i < n; i++) {
		size_t at = snapshot_lower_bound(snap, uids[i]);
		bool still = at < snap->len && snap->uid[at] == uids[i];
		if (!still && index_runs_has(&known, uids[i] - 1))
			uids[kept++] = uids[i];
	}
	*out = uidset_of(a, uids, kept);
	return RC_OK;
}

static void add_ranges(struct str *out, const struct uidset *set, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		if (i > from)
			str_add_c(out, ',');
		str_add_u64(out, set->ranges[i].first);
		if (set->ranges[i].last == set->ranges[i].first)
			continue;
		str_add_c(out, ':');
		str_add_u64(out, set->ranges[i].last);
	}
	str_add_cstr(out, "\r\n");
}

bool vanished_write(struct imap *s, const struct uidset *set, size_t *at)
{
	while (*at < set->len) {
		if (conn_is_full(s->conn))
			return false;
		size_t to = set->len - *at < LINE_RANGES ? set->len : *at + LINE_RANGES;
		str_add_cstr(conn_out(s->conn), "* VANISHED (EARLIER) ");
		add_ranges(conn_out(s->conn), set, *at, to);
		*at = to;
	}
	return true;
}

void vanished_announce(struct imap *s, const struct uidset *set)
{
	for (size_t at = 0; at < set->len; at += LINE_RANGES) {
		size_t to = set->len - at < LINE_RANGES ? set->len : at + LINE_RANGES;
		str_add_cstr(conn_out(s->conn), "* VANISHED ");
		add_ranges(conn_out(s->conn), set, at, to);
	}
}
