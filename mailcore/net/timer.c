/* The timer heap. */
#include "mailcore/net/timer.h"

#include "mailcore/base/arena.h"

void timers_init(struct timers *h)
{
	*h = (struct timers){ 0 };
}

void timers_done(struct timers *h)
{
	heap_free(h->items);
	*h = (struct timers){ 0 };
}

void timer_init(struct timer *t, void (*fire)(struct timer *t, int64_t now_ms))
{
	atomic_store(&t->at_ms, TIMER_NEVER);
	t->index = 0;
	t->fire = fire;
}

static int64_t due(const struct timer *t)
{
	return atomic_load_explicit(&t->at_ms, memory_order_relaxed);
}

static void place(struct timers *h, size_t at, struct timer *t)
{
	h->items[at] = t;
	t->index = at;
}

static void sift_up(struct timers *h, size_t at, struct timer *t)
{
	while (at > 0) {
		size_t parent = (at - 1) / 2;
		if (due(h->items[parent]) <= due(t))
			break;
		place(h, at, h->items[parent]);
		at = parent;
	}
	place(h, at, t);
}

static void sift_down(struct timers *h, size_t at, struct timer *t)
{
	for (;;) {
		size_t child = at * 2 + 1;
		if (child >= h->len)
			break;
		if (child + 1 < h->len && due(h->items[child + 1]) < due(h->items[child]))
			child++;
		if (due(t) <= due(h->items[child]))
			break;
		place(h, at, h->items[child]);
		at = child;
	}
	place(h, at, t);
}

static void settle(struct timers *h, size_t at, struct timer *t)
{
	if (at > 0 && due(t) < due(h->items[(at - 1) / 2]))
		sift_up(h, at, t);
	else
		sift_down(h, at, t);
}

void timer_set(struct timers *h, struct timer *t, int64_t at_ms)
{
	if (at_ms == TIMER_NEVER) {
		timer_cancel(h, t);
		return;
	}
	bool known = due(t) != TIMER_NEVER;

	atomic_store_explicit(&t->at_ms, at_ms, memory_order_relaxed);
	if (known) {
		settle(h, t->index, t);
		return;
	}
	if (h->len == h->cap) {
		h->cap = h->cap ? h->cap * 2 : 64;
		h->items = heap_resize(h->items, h->cap * sizeof *h->items);
	}
	sift_up(h, h->len++, t);
}

void timer_cancel(struct timers *h, struct timer *t)
{
	if (due(t) == TIMER_NEVER)
		return;
	atomic_store_explicit(&t->at_ms, TIMER_NEVER, memory_order_relaxed);

	struct timer *last = h->items[--h->len];
	if (last != t)
		settle(h, t->index, last);
}

int64_t timers_next(const struct timers *h)
{
	return h->len ? due(h->items[0]) : TIMER_NEVER;
}

struct timer *timers_pop(struct timers *h, int64_t now_ms)
{
	if (timers_next(h) > now_ms)
		return NULL;
	struct timer *first = h->items[0];
	timer_cancel(h, first);
	return first;
}
