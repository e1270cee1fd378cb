/* The catalogue: see words.h. */
#include "webui/view/words.h"

#include "mailcore/base/str.h"

#define WORDS_FILLED_MAX 4096

extern const struct span words_keys[WORDS_COUNT];
extern const struct span words_texts[LANGUAGES][WORDS_COUNT];

/* Set before each page by its thread; words are asked for in too many places to hand it down. */
static _Thread_local enum language speaking = LANGUAGE_EN;

void words_speak(enum language language)
{
	speaking = language;
}

enum language words_language(void)
{
	return speaking;
}

static bool is_language(struct span tag, struct span wanted)
{
	return span_ieq(tag, wanted) ||
		(tag.len > wanted.len && tag.ptr[wanted.len] == '-' &&
			span_ieq(span_sub(tag, 0, wanted.len), wanted));
}

/* RFC 9110 section 12.5.4; browsers list what they prefer first, so weights are not compared. */
static bool first_language(struct span accept, enum language *out)
{
	struct span part, tag;

	while (span_split(&accept, ',', &part)) {
		if (!span_split(&part, ';', &tag))
			continue;
		tag = span_trim(tag);
		if (is_language(tag, SPAN("de")) || is_language(tag, SPAN("en"))) {
			*out = is_language(tag, SPAN("de")) ? LANGUAGE_DE : LANGUAGE_EN;
			return true;
		}
	}
	return false;
}

enum language words_language_of(struct span setting, struct span accept)
{
	enum language found = LANGUAGE_EN;

	if (setting.len > 0)
		return span_eq(setting, SPAN("de")) ? LANGUAGE_DE : LANGUAGE_EN;
	return first_language(accept, &found) ? found : LANGUAGE_EN;
}

struct span words(enum words_id id)
{
	return words_texts[speaking][id];
}

struct span words_find(struct span key)
{
	size_t low = 0, high = WORDS_COUNT;
	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = span_cmp(words_keys[mid], key);
		if (order == 0)
			return words_texts[speaking][mid];
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
