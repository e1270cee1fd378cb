/* What the client has been told about the selected folder: see view.h. */
#include "mailcore/imap/view.h"

#include "mailcore/imap/reply.h"
#include "mailcore/imap/session.h"
#include "mailcore/imap/vanished.h"
#include "mailcore/store/store.h"

void imap_view_open(struct view *v, int64_t folder_id, bool read_only, const struct snapshot *snap)
{
	*v = (struct view){ .folder_id = folder_id,
		.read_only = read_only,
		.first_recent = INT64_MAX,
		.seq = snap,
		.seen = snapshot_ref(snap) };
}

void imap_view_close(struct view *v)
{
	if (v->seq)
		snapshot_unref(v->seq);
	if (v->seen)
		snapshot_unref(v->seen);
	*v = (struct view){ 0 };
}

/* Index of uid in snap, or snap->len. */
static size_t find_uid(const struct snapshot *snap, uint32_t uid)
{
	size_t i = snapshot_lower_bound(snap, uid);

	return i < snap->len && snap->uid[i] == uid ? i : snap->len;
}

struct view_row imap_view_at(const struct view *v, size_t i)
{
	if (v->seen != v->seq) {
		size_t now = find_uid(v->seen, v->seq->uid[i]);
		if (now < v->seen->len)
			return (struct view_row){ v->seen, now };
	}
	return (struct view_row){ v->seq, i };
}

bool imap_view_resolve(
	struct imap *s, const struct seqset *set, bool uid, struct arena *a, struct index_runs *out)
{
	const struct snapshot *seq = s->view.seq;

	if (set->saved) {
		index_runs_of_uids(s->saved, s->n_saved, seq->uid, seq->len, a, out);
		return true;
	}
	if (!uid)
		return seqset_resolve_numbers(set, seq->len, a, out);
	seqset_resolve_uids(set, seq->uid, seq->len, a, out);
	return true;
}

/* ------------------------------------------------------------------ announcing */

static bool is_quiet(const struct view_quiet *quiet, uint32_t uid)
{
	size_t lo = 0, hi = quiet ? quiet->n : 0;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (quiet->uids[mid] < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return quiet && lo < quiet->n && quiet->uids[lo] == uid;
}

static size_t count_gone(const struct snapshot *old, const struct snapshot *now)
{
	size_t gone = 0;

	for (size_t i = 0, k = 0; i < old->len; i++) {
		while (k < now->len && now->uid[k] < old->uid[i])
			k++;
		gone += k == now->len || now->uid[k] != old->uid[i];
	}
	return gone;
}

/* As one set, for those who asked for it (RFC 7162 §3.2.10). */
static void announce_vanished(
	struct imap *s, const struct snapshot *old, const struct snapshot *now, size_t gone)
{
	struct arena a;

	arena_init(&a, 4096);
	uint32_t *uids = arena_array(&a, gone, sizeof *uids);
	for (size_t i = 0, k = 0, n = 0; i < old->len; i++) {
		while (k < now->len && now->uid[k] < old->uid[i])
			k++;
		if (k == now->len || now->uid[k] != old->uid[i])
			uids[n++] = old->uid[i];
	}
	struct uidset set = uidset_of(&a, uids, gone);
	vanished_announce(s, &set);
	arena_done(&a);
}

/* From the last one down, so that no number moves before it is said. */
static void announce_gone(struct imap *s, const struct snapshot *old, const struct snapshot *now)
{
	size_t k = now->len;

	for (size_t i = old->len; i-- > 0;) {
		while (k > 0 && now->uid[k - 1] > old->uid[i])
			k--;
		if (k == 0 || now->uid[k - 1] != old->uid[i])
			imap_reply_untagged(s, "%zu EXPUNGE", i + 1);
	}
}

static void announce_row(struct imap *s, size_t number, struct view_row row, bool with_uid)
{
	struct str *out = conn_out(s->conn);
	uint32_t uid = row.snap->uid[row.i];

	str_addf(out, "* %zu FETCH (", number);
	if (with_uid || s->condstore || s->rev2)
		str_addf(out, "UID %lu ", (unsigned long)uid);
	str_add_cstr(out, "FLAGS ");
	imap_reply_flags(s, row.snap, row.i);
	if (s->condstore)
		str_addf(out, " MODSEQ (%llu)", (unsigned long long)row.snap->modseq[row.i]);
	str_add_cstr(out, ")\r\n");
}

/* Flags changed since `seen`, of messages that the client knows, by the numbers of `seq`. */
static void announce_flags(struct imap *s, const struct snapshot *seq, const struct snapshot *seen,
	const struct snapshot *now, bool with_uid, const struct view_quiet *quiet)
{
	uint64_t since = (uint64_t)seen->highestmodseq;

	for (size_t i = 0, k = 0; i < now->len; i++) {
		if (now->modseq[i] <= since || (int64_t)now->uid[i] >= seen->uidnext)
			continue;
		while (k < seq->len && seq->uid[k] < now->uid[i])
			k++;
		if (k == seq->len)
			break;
		if (seq->uid[k] == now->uid[i] && !is_quiet(quiet, now->uid[i]))
			announce_row(s, k + 1, (struct view_row){ now, i }, with_uid);
	}
}

static size_t count_recent(const struct view *v, const struct snapshot *snap)
{
	if (v->first_recent > UINT32_MAX)
		return 0;
	return snap->len - snapshot_lower_bound(snap, (uint32_t)v->first_recent);
}

static void move_to(const struct snapshot **where, const struct snapshot *to)
{
	const struct snapshot *old = *where;

	*where = snapshot_ref(to);
	snapshot_unref(old);
}

static void announce(struct imap *s, const struct snapshot *now, bool may_expunge, bool with_uid,
	const struct view_quiet *quiet)
{
	struct view *v = &s->view;
	size_t gone = count_gone(v->seq, now);

	if (now->n_keywords != v->seen->n_keywords)
		imap_reply_known_flags(s, now);
	if (gone && !may_expunge) {
		announce_flags(s, v->seq, v->seen, now, with_uid, quiet);
		move_to(&v->seen, now);
		return;
	}
	if (gone && s->qresync)
		announce_vanished(s, v->seq, now, gone);
	else if (gone)
		announce_gone(s, v->seq, now);
	if (now->len != v->seq->len - gone) {
		imap_reply_untagged(s, "%zu EXISTS", now->len);
		if (!s->rev2)
			imap_reply_untagged(s, "%zu RECENT", count_recent(v, now));
	}
	announce_flags(s, now, v->seen, now, with_uid, quiet);
	move_to(&v->seq, now);
	move_to(&v->seen, now);
}

enum rc imap_view_sync(struct imap *s, struct ctx *ctx, bool fresh, bool may_expunge, bool with_uid,
	const struct view_quiet *quiet)
{
	const struct snapshot *now;
	struct view *v = &s->view;
	enum rc rc = snapshot_get(s->options->store, ctx, s->mailbox_id, v->folder_id, fresh, &now);

	if (rc != RC_OK)
		return rc;
	if (now->uidvalidity != v->seq->uidvalidity)
		rc = RC_NOT_FOUND;
	else if (now->highestmodseq >= v->seen->highestmodseq &&
		(now != v->seen || (v->seen != v->seq && may_expunge)))
		announce(s, now, may_expunge, with_uid, quiet);
	snapshot_unref(now);
	return rc;
}
