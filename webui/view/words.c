/* The catalogue: see words.h. */
#include "webui/view/words.h"

#include "mailcore/base/str.h"

#define WORDS_FILLED_MAX 4096

extern const struct span words_keys[WORDS_COUNT];
extern const struct span words_texts[WORDS_COUNT];

struct span words(enum words_id id)
{
	return words_texts[id];
}

struct span words_find(struct span key)
{
	size_t low = 0, high = WORDS_COUNT;
	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = span_cmp(words_keys[mid], key);
		if (order == 0)
			return words_texts[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return SPAN_NONE;
}

static struct span arg_find(struct span name, const struct words_arg *args, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (span_eq(span_of(args[i].name), name))
			return args[i].value;
	}
	return SPAN("?");
}

struct span words_fill(struct arena *a, enum words_id id, const struct words_arg *args, size_t n)
{
	struct str out = str_in(a, WORDS_FILLED_MAX);
	struct span rest = words(id);
	while (rest.len > 0) {
		size_t open = span_find(rest, '{');
		str_add(&out, span_sub(rest, 0, open));
		if (open == SPAN_NPOS)
			break;
		rest = span_from(rest, open + 1);
		size_t close = span_find(rest, '}');
		str_add(&out, arg_find(span_sub(rest, 0, close), args, n));
		rest = close == SPAN_NPOS ? SPAN_NONE : span_from(rest, close + 1);
	}
	return str_span(&out);
}

struct span words_count(struct arena *a, enum words_id one, enum words_id other, int64_t n)
{
	struct words_arg arg = { "n", arena_printf(a, "%lld", (long long)n) };
	return words_fill(a, n == 1 ? one : other, &arg, 1);
}
