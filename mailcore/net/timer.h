/*
 * Timers: a binary heap of embedded nodes, earliest first.
 *
 * Pure bookkeeping: no clock, no lock. Whoever owns the heap guards it. `at_ms` may be read
 * without the guard (is my timer early enough?), hence atomic.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMER_NEVER INT64_MAX

struct timer {
	_Atomic int64_t at_ms; /* TIMER_NEVER: in no heap */
	size_t index;          /* of the slot, while it is in a heap */
	void (*fire)(struct timer *t, int64_t now_ms);
};

struct timers {
	struct timer **items;
	size_t len;
	size_t cap;
};

void timers_init(struct timers *h);
void timers_done(struct timers *h);
void timer_init(struct timer *t, void (*fire)(struct timer *t, int64_t now_ms));
/* Adds or moves. */
void timer_set(struct timers *h, struct timer *t, int64_t at_ms);
/* Removes; nothing happens when it is not there. */
void timer_cancel(struct timers *h, struct timer *t);
/* When the earliest is due; TIMER_NEVER when there is none. */
int64_t timers_next(const struct timers *h);
/* Removes and returns the earliest that is due, or NULL. */
struct timer *timers_pop(struct timers *h, int64_t now_ms);
