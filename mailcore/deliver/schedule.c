/* Which of the claimed groups is delivered next. */
#include "mailcore/deliver/schedule.h"

#include <math.h>

struct destination {
	struct span name; /* heap */
	struct list turn[2];
	struct list waiting[2]; /* struct work, by priority */
	size_t n_waiting[2], running;
	bool was_full[2]; /* not all of it was claimed */
	double window;
	int failures; /* times in a row that it went down */
};

/* ------------------------------------------------------------------------ work */

static struct job copy_job(struct arena *a, const struct job *j)
{
	struct job copy = *j;

	copy.mail_from = arena_span(a, j->mail_from);
	copy.rcpt = arena_span(a, j->rcpt);
	copy.original_rcpt = arena_span(a, j->original_rcpt);
	copy.destination = arena_span(a, j->destination);
	copy.envid = arena_span(a, j->envid);
	copy.state = arena_span(a, j->state);
	copy.hold_reason = arena_span(a, j->hold_reason);
	copy.last_reply = arena_span(a, j->last_reply);
	return copy;
}

struct work *work_new(const struct job_group *group, bool old)
{
	struct work *w = heap_zalloc(sizeof *w);

	list_init(&w->node);
	arena_init(&w->arena, 1024);
	w->group.jobs = arena_array(&w->arena, group->len, sizeof *w->group.jobs);
	w->group.len = group->len;
	for (size_t i = 0; i < group->len; i++)
		w->group.jobs[i] = copy_job(&w->arena, &group->jobs[i]);
	w->priority = group->jobs[0].priority != PRIORITY_PERSON;
	w->old = old;
	return w;
}

void work_free(struct work *w)
{
	if (!w)
		return;
	arena_done(&w->arena);
	heap_free(w);
}

/* ------------------------------------------------------------------------ destinations */

static struct destination *destination_new(struct span name)
{
	struct destination *d = heap_zalloc(sizeof *d);
	char *text = heap_alloc(name.len + 1);

	memcpy(text, name.ptr, name.len);
	d->name = span_make(text, name.len);
	d->window = SCHEDULE_START;
	for (int p = 0; p < 2; p++) {
		list_init(&d->turn[p]);
		list_init(&d->waiting[p]);
	}
	return d;
}

static void destination_free(struct destination *d)
{
	for (int p = 0; p < 2; p++) {
		LIST_EACH(it, &d->waiting[p])
		{
			work_free(LIST_ITEM(it, struct work, node));
		}
		list_del(&d->turn[p]);
	}
	heap_free((void *)(uintptr_t)d->name.ptr);
	heap_free(d);
}

static bool is_idle(const struct destination *d)
{
	return d->n_waiting[0] + d->n_waiting[1] + d->running == 0;
}

static void forget_idle(struct schedule *s)
{
	size_t pos = 0;
	struct span name;
	void *value = NULL;

	while (map_next(&s->destinations, &pos, &name, &value)) {
		struct destination *d = value;
		if (!is_idle(d) || d->failures > 0)
			continue;
		(void)map_del(&s->destinations, d->name);
		destination_free(d);
	}
}

static struct destination *destination_get(struct schedule *s, struct span name)
{
	struct destination *d = map_get(&s->destinations, name);

	if (d)
		return d;
	if (s->destinations.count >= SCHEDULE_KNOWN)
		forget_idle(s);
	d = destination_new(name);
	(void)map_put(&s->destinations, d->name, d);
	return d;
}

/* In line for its turn exactly when something of it may run. */
static void line_up(struct schedule *s, struct destination *d)
{
	bool room = (double)d->running < fmax(1, floor(d->window));

	for (int p = 0; p < 2; p++) {
		bool wants = room && d->n_waiting[p] > 0;
		if (wants && list_empty(&d->turn[p]))
			list_add_tail(&s->turns[p], &d->turn[p]);
		else if (!wants)
			list_del(&d->turn[p]);
	}
}

/* ------------------------------------------------------------------------ */

void schedule_init(struct schedule *s, size_t threads)
{
	*s = (struct schedule){ .threads = threads };
	map_init(&s->destinations);
	for (int p = 0; p < 2; p++)
		list_init(&s->turns[p]);
}

void schedule_done(struct schedule *s)
{
	size_t pos = 0;
	struct span name;
	void *d = NULL;

	while (map_next(&s->destinations, &pos, &name, &d))
		destination_free(d);
	map_done(&s->destinations);
}

void schedule_add(struct schedule *s, struct work *w)
{
	struct destination *d = destination_get(s, w->group.jobs[0].destination);

	w->destination = d;
	list_add_tail(&d->waiting[w->priority], &w->node);
	d->n_waiting[w->priority]++;
	s->waiting++;
	s->bulk_waiting += w->priority != PRIORITY_PERSON;
	if (d->n_waiting[w->priority] >= SCHEDULE_FULL)
		d->was_full[w->priority] = true;
	s->was_full = s->was_full || s->waiting >= SCHEDULE_TOTAL;
	line_up(s, d);
}

static struct work *take(struct schedule *s, int priority)
{
	struct destination *d =
		LIST_ITEM(s->turns[priority].next, struct destination, turn[priority]);
	struct work *w = LIST_ITEM(d->waiting[priority].next, struct work, node);

	list_del(&w->node);
	list_del(&d->turn[priority]); /* the others first */
	d->n_waiting[priority]--;
	d->running++;
	s->waiting--;
	s->bulk_waiting -= priority != PRIORITY_PERSON;
	s->running++;
	s->bulk_running += priority != PRIORITY_PERSON;
	line_up(s, d);
	return w;
}

struct work *schedule_take(struct schedule *s)
{
	bool bulk_may = s->bulk_running < (s->threads * 3 + 3) / 4;

	if (!list_empty(&s->turns[PRIORITY_PERSON]))
		return take(s, PRIORITY_PERSON);
	if (bulk_may && !list_empty(&s->turns[PRIORITY_BULK]))
		return take(s, PRIORITY_BULK);
	return NULL;
}

static struct schedule_change feed_back(struct destination *d, enum feedback feedback)
{
	struct schedule_change change = { 0 };

	switch (feedback) {
	case FEEDBACK_NONE:
		break;
	case FEEDBACK_GOOD:
		change.up = d->failures > 0;
		if (change.up)
			d->window = SCHEDULE_START;
		d->failures = 0;
		d->window = fmin(SCHEDULE_MAX, fmax(1, d->window) + 1 / fmax(1, d->window));
		break;
	case FEEDBACK_BUSY:
		d->window = fmax(1, d->window / 2);
		break;
	case FEEDBACK_UNREACHABLE:
		if (d->window <= 0)
			break; /* others have told before, and it is counted */
		d->window -= 1;
		if (d->failures > 0)
			d->window = 0;
		change.down = d->window <= 0;
		d->failures += change.down;
		break;
	}
	change.failures = d->failures;
	return change;
}

/* Is there room again where something had to be left in the database? Says so once. */
static bool is_hungry(struct schedule *s, struct destination *d, int priority)
{
	bool one = d->was_full[priority] && d->n_waiting[priority] < SCHEDULE_LOW;
	bool all = s->was_full && s->waiting < SCHEDULE_TOTAL / 2;

	if (one)
		d->was_full[priority] = false;
	if (all)
		s->was_full = false;
	return one || all;
}

struct schedule_change schedule_end(
	struct schedule *s, const struct work *w, enum feedback feedback)
{
	struct destination *d = w->destination;
	struct schedule_change change = feed_back(d, feedback);

	d->running--;
	s->running--;
	s->bulk_running -= w->priority != PRIORITY_PERSON;
	change.hungry = is_hungry(s, d, w->priority);
	if (d->running == 0 && d->window <= 0)
		d->window = 1; /* next time by one */
	line_up(s, d);
	return change;
}

void schedule_drop(struct schedule *s, struct span destination, struct list *out)
{
	struct destination *d = map_get(&s->destinations, destination);

	if (!d)
		return;
	for (int p = 0; p < 2; p++) {
		LIST_EACH(it, &d->waiting[p])
		{
			list_del(it);
			list_add_tail(out, it);
		}
		s->waiting -= d->n_waiting[p];
		s->bulk_waiting -= p == PRIORITY_PERSON ? 0 : d->n_waiting[p];
		d->n_waiting[p] = 0;
	}
	line_up(s, d);
}

void schedule_set_failures(struct schedule *s, struct span destination, int failures)
{
	struct destination *d = destination_get(s, destination);

	d->failures = failures;
	d->window = 1;
}

size_t schedule_full(const struct schedule *s, int priority, struct arena *a, struct span **out)
{
	struct span *names = arena_array(a, s->destinations.count, sizeof *names), name;
	size_t pos = 0, n = 0;
	void *value = NULL;

	while (map_next(&s->destinations, &pos, &name, &value)) {
		const struct destination *d = value;
		if (d->n_waiting[priority] >= SCHEDULE_FULL)
			names[n++] = d->name;
	}
	*out = names;
	return n;
}

bool schedule_has_room(const struct schedule *s, int priority)
{
	size_t before = priority == PRIORITY_PERSON ? s->waiting - s->bulk_waiting : s->waiting;

	return before < SCHEDULE_TOTAL;
}
