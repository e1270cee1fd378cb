/* Base subjects: see base_subject.h. */
#include "mailcore/imap/order/base_subject.h"

#include "mailcore/base/cur.h"
#include "mailcore/base/utf8.h"

/* One space for each run of white space. */
static struct span fold_spaces(struct arena *a, struct span text)
{
	size_t len =
		text.len > BASE_SUBJECT_MAX ? utf8_floor(text.ptr, BASE_SUBJECT_MAX) : text.len;
	char *out = arena_alloc(a, len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		bool space = ascii_is_space(text.ptr[i]);
		if (!space || n == 0 || out[n - 1] != ' ')
			out[n++] = space ? ' ' : text.ptr[i];
	}
	return span_make(out, n);
}

/* subj-blob = "[" *BLOBCHAR "]" *WSP */
static bool take_blob(struct cur *in)
{
	struct cur c = *in;

	if (!cur_take(&c, '['))
		return false;
	while (!cur_done(&c) && *c.p != '[' && *c.p != ']')
		c.p++;
	if (!cur_take(&c, ']'))
		return false;
	(void)cur_take_while(&c, ascii_is_space);
	*in = c;
	return true;
}

/* *subj-blob ("re" / ("fw" ["d"])) *WSP [subj-blob] ":" */
static bool take_leader(struct cur *in)
{
	struct cur c = *in;

	while (take_blob(&c))
		;
	if (!cur_take_word(&c, SPAN("re")) && !cur_take_word(&c, SPAN("fwd")) &&
		!cur_take_word(&c, SPAN("fw")))
		return false;
	(void)cur_take_while(&c, ascii_is_space);
	(void)take_blob(&c);
	if (!cur_take(&c, ':'))
		return false;
	*in = c;
	return true;
}

static struct span without_trailers(struct span text, bool *is_reply)
{
	for (;;) {
		text = span_trim(text);
		if (!span_iends(text, SPAN("(fwd)")))
			return text;
		text.len -= 5;
		*is_reply = true;
	}
}

static struct span without_leaders(struct span text, bool *is_reply)
{
	struct cur in = cur_of(text);

	for (;;) {
		(void)cur_take_while(&in, ascii_is_space);
		struct cur c = in;
		if (take_leader(&c))
			*is_reply = true;
		else if (!take_blob(&c) || cur_done(&c)) /* a blob that is all there is stays */
			return cur_rest(&in);
		in = c;
	}
}

struct span base_subject(struct arena *a, struct span text, bool *out_is_reply)
{
	struct span base = fold_spaces(a, text);

	*out_is_reply = false;
	for (;;) {
		base = without_leaders(without_trailers(base, out_is_reply), out_is_reply);
		if (!span_istarts(base, SPAN("[fwd:")) || !span_ends(base, SPAN("]")))
			return base;
		base = span_sub(base, 5, base.len - 6);
		*out_is_reply = true;
	}
}
