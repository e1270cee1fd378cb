/* The fields of a header by name. */
#include "mailcore/auth/signed_fields.h"

#include <stdlib.h>

#include "mailcore/auth/tag_list.h"

static int compare_names(struct span a, struct span b)
{
	size_t len = a.len < b.len ? a.len : b.len;

	for (size_t i = 0; i < len; i++) {
		int diff =
			(unsigned char)ascii_lower(a.ptr[i]) - (unsigned char)ascii_lower(b.ptr[i]);
		if (diff != 0)
			return diff;
	}
	return (a.len > b.len) - (a.len < b.len);
}

static int compare(const void *a, const void *b)
{
	const struct indexed_field *x = a, *y = b;
	int names = compare_names(x->field.name, y->field.name);

	return names != 0 ? names : (x->place < y->place) - (x->place > y->place);
}

enum rc signed_fields_init(struct arena *a, struct span head, struct signed_fields *out)
{
	struct cur c = cur_of(head);
	struct header_field field;
	size_t count = 0;

	while (header_next(&c, &field))
		count++;
	if (count > SIGNED_FIELDS_MAX)
		return RC_LIMIT;
	*out = (struct signed_fields){ .items = arena_array(a, count, sizeof *out->items) };
	for (c = cur_of(head); header_next(&c, &field); out->len++)
		out->items[out->len] = (struct indexed_field){ .field = field, .place = out->len };
	if (out->len > 0)
		qsort(out->items, out->len, sizeof *out->items, compare);
	return RC_OK;
}

/* Where the fields of this name begin, or where they would. */
static size_t first_of(const struct signed_fields *f, struct span name)
{
	size_t low = 0, high = f->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_names(f->items[middle].field.name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_named(const struct signed_fields *f, size_t at, struct span name)
{
	return at < f->len && span_ieq(f->items[at].field.name, name);
}

size_t signed_fields_count(struct signed_fields *f, struct span name)
{
	size_t first = first_of(f, name), count = 0;

	while (is_named(f, first + count, name))
		count++;
	return count;
}

/* The next one up that has not been taken in this round; NULL: they have run out. */
static const struct header_field *take(struct signed_fields *f, struct span name, struct span own)
{
	size_t first = first_of(f, name);

	if (!is_named(f, first, name))
		return NULL;
	struct indexed_field *head = &f->items[first];
	if (head->round != f->round) {
		head->round = f->round;
		head->taken = 0;
	}
	if (is_named(f, first + head->taken, name) &&
		f->items[first + head->taken].field.whole.ptr == own.ptr)
		head->taken++;
	if (!is_named(f, first + head->taken, name))
		return NULL;
	return &f->items[first + head->taken++].field;
}

void signed_fields_add(
	struct signed_fields *f, struct str *out, struct span names, struct span own, bool relaxed)
{
	struct span name;

	f->round++;
	while (tag_next_item(&names, ':', &name)) {
		const struct header_field *field = take(f, name, own);
		if (field)
			canon_field_add(out, field, relaxed);
	}
}
