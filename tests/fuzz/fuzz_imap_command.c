/* Pieces cut from any bytes cover the input, and every parser survives what is in them. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/imap/syntax/fetch_items.h"
#include "mailcore/imap/syntax/frame.h"
#include "mailcore/imap/syntax/item_text.h"
#include "mailcore/imap/syntax/lex.h"
#include "mailcore/imap/syntax/search_keys.h"
#include "mailcore/imap/syntax/select_params.h"
#include "mailcore/imap/syntax/sort_keys.h"

static void parse_all(struct arena *a, struct span text)
{
	struct cur in = cur_of(text);
	struct fetch_items items;
	struct search_query query;
	struct select_params params;
	struct sort_program program;
	enum thread_algorithm algorithm;
	struct fetch_modifiers modifiers;
	struct flag_list flags;
	struct span tag, name;
	unsigned status;
	int64_t time;
	int16_t zone;

	if (!lex_tag(&in, &tag) || !lex_sp(&in) || !lex_atom(&in, &name))
		return;
	(void)lex_sp(&in);
	struct cur c = in;
	if (fetch_items_parse(&c, a, &items))
		ASSERT(items.len <= FETCH_ITEMS_MAX);
	c = in;
	if (search_parse(&c, a, &query) == SEARCH_PARSED)
		ASSERT(cur_done(&c));
	c = in;
	(void)store_flags_parse(&c, a, &flags); /* only its crashes are of interest */
	c = in;
	if (sort_parse(&c, a, &program, &query) == SEARCH_PARSED)
		ASSERT(cur_done(&c) && program.len <= SORT_KEYS_MAX);
	c = in;
	(void)thread_parse(&c, a, &algorithm, &query);
	c = in;
	if (select_params_parse(&c, a, &params))
		ASSERT(cur_done(&c));
	c = in;
	if (fetch_modifiers_parse(&c, &modifiers))
		ASSERT(cur_done(&c));
	c = in;
	(void)status_items_parse(&c, &status);
	c = in;
	(void)date_time_parse(&c, &time, &zone);
	c = in;
	while (lex_astring(&c, a, &name) || lex_sp(&c))
		;
	ASSERT(c.p <= c.end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct framer f = { .line_max = 4096 };
	struct arena a;
	struct str command;
	size_t at = 0, piece;

	arena_init(&a, 65536);
	str_init(&command, 1 << 20);
	for (;;) {
		size_t scanned = 0;
		struct literal lit;
		struct span rest = span_make(data + at, size - at);
		if (at == size || !framer_cut(&f, rest, &scanned, &piece))
			break;
		ASSERT(piece > 0 && piece <= rest.len);
		struct span text = span_sub(rest, 0, piece);
		at += piece;
		bool line = f.literal_left == 0;
		if (!line)
			f.literal_left -= piece;
		str_add(&command, text);
		if (line && text.len >= 2 &&
			literal_announced(span_sub(text, 0, text.len - 2), &lit)) {
			f.literal_left = lit.size;
		} else if (line) {
			parse_all(&a,
				span_sub(str_span(&command), 0,
					command.len - (command.len >= 2) * 2));
			str_clear(&command);
			arena_reset(&a);
		}
	}
	str_done(&command);
	arena_done(&a);
	return 0;
}
