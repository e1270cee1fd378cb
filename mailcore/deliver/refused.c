/* Refused recipients on their way to the trace. */
#include "mailcore/deliver/refused.h"

#include <stdatomic.h>

#include "mailcore/base/log.h"

struct refused {
	struct arena arena;
	struct refusal items[REFUSED_MAX];
	size_t len;
};

static _Atomic unsigned posts; /* waiting or being written */

void refused_note(struct refused **list, const struct refusal *what)
{
	if (!*list) {
		*list = heap_zalloc(sizeof **list);
		arena_init(&(*list)->arena, 1024);
	}
	struct refused *r = *list;
	if (r->len == REFUSED_MAX)
		return;
	r->items[r->len++] = (struct refusal){ .mail_from = arena_span(&r->arena, what->mail_from),
		.rcpt = arena_span(&r->arena, what->rcpt),
		.domain = arena_span(&r->arena, what->domain),
		.text = arena_span(&r->arena, what->text),
		.figure = what->figure };
}

static void refused_free(struct refused *r)
{
	arena_done(&r->arena);
	heap_free(r);
	atomic_fetch_sub(&posts, 1);
}

static void write_refused(struct ctx *ctx, void *arg)
{
	struct refused *r = arg;

	enum rc rc = refusals_record(ctx, r->items, r->len);
	if (rc != RC_OK)
		log_warn("trace.lost", "refusals=%zu rc=%s", r->len, rc_name(rc));
	refused_free(r);
}

void refused_post(struct refused **list, struct loop *l)
{
	struct refused *r = *list;

	if (!r)
		return;
	*list = NULL;
	if (atomic_fetch_add(&posts, 1) >= REFUSED_POSTS_MAX || !loop_post(l, write_refused, r))
		refused_free(r);
}
