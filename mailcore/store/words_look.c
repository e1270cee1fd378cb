/* Looking into a stream of words: see words.h. */
#include "mailcore/store/words_stream.h"

/* ------------------------------------------------------------------ records */

static bool is_number(char c)
{
	return (unsigned char)c < 0x20;
}

struct span words_numbers_at(struct span stream, size_t at)
{
	size_t end = at;

	while (end < stream.len && is_number(stream.ptr[end]))
		end++;
	return span_sub(stream, at, end - at);
}

/* Where the word ends that has a letter at `at`. */
static size_t word_end(struct span stream, size_t at)
{
	while (at < stream.len && !is_number(stream.ptr[at]))
		at++;
	return at;
}

bool words_record_next(struct span *stream, struct words_record *out)
{
	size_t end = word_end(*stream, 0);
	struct span numbers = words_numbers_at(*stream, end);

	if (!end || !numbers.len)
		return false;
	*out = (struct words_record){ .word = span_sub(*stream, 0, end), .numbers = numbers };
	*stream = span_from(*stream, end + numbers.len);
	return true;
}

bool words_doc_next(struct words_record *record, size_t n_docs, uint32_t *out)
{
	uint32_t number = 0;
	unsigned shift = 0;
	size_t i = 0;

	if (!record->numbers.len || record->malformed)
		return false;
	for (bool more = true; more; shift += 4) {
		record->malformed = shift > 16 || i == record->numbers.len;
		if (record->malformed)
			return false;
		unsigned char c = (unsigned char)record->numbers.ptr[i++];
		number |= (uint32_t)(c & 0xf) << shift;
		more = c & 0x10;
	}
	record->numbers = span_from(record->numbers, i);
	record->doc += number;
	record->malformed = record->doc >= n_docs;
	*out = record->doc;
	return !record->malformed;
}

/* ------------------------------------------------------------------ needles */

static void add_piece(struct words_needle *n, struct words_piece piece)
{
	if (n->n == WORDS_PIECES_MAX)
		return; /* the others are found by looking at the message */
	if (piece.text.len > WORDS_PIECE_MAX) {
		piece.text.len = WORDS_PIECE_MAX;
		piece.ends = false;
	}
	n->pieces[n->n++] = piece;
}

void words_needle_init(struct words_needle *n, struct span folded)
{
	struct span rest = folded, word;

	*n = (struct words_needle){ .exact = folded.len > 0 && folded.len <= WORDS_PIECE_MAX &&
			span_find(folded, ' ') == SPAN_NPOS };
	while (span_split(&rest, ' ', &word)) {
		if (word.len)
			add_piece(n,
				(struct words_piece){ .text = word,
					.starts = word.ptr != folded.ptr,
					.ends = rest.ptr != NULL });
	}
}

/* ------------------------------------------------------------------ looking */

static bool is_at_start(struct span stream, size_t at)
{
	return at == 0 || is_number(stream.ptr[at - 1]);
}

/* A word that holds the piece at `at`, first of all places; it ends at `end`. */
static bool fits(struct span stream, const struct words_piece *piece, size_t at, size_t end)
{
	size_t len = piece->text.len;

	if (piece->starts && !is_at_start(stream, at))
		return false;
	if (!piece->ends)
		return true;
	if (piece->starts)
		return end - at == len;
	return memcmp(stream.ptr + end - len, piece->text.ptr, len) == 0;
}

/* The documents of a word have now had `nth` pieces, if they had all before. */
static bool count(struct span numbers, uint8_t nth, uint8_t *had, size_t n_docs)
{
	struct words_record record = { .numbers = numbers };
	uint32_t doc;

	while (words_doc_next(&record, n_docs, &doc)) {
		if (had[doc] == nth - 1)
			had[doc] = nth;
	}
	return !record.malformed && numbers.len;
}

static bool look_for(struct span stream, const struct words_piece *piece, uint8_t nth, uint8_t *had,
	size_t n_docs)
{
	size_t at = 0, hit;

	while ((hit = span_find_span(span_from(stream, at), piece->text)) != SPAN_NPOS) {
		hit += at;
		size_t end = word_end(stream, hit + piece->text.len);
		struct span numbers = words_numbers_at(stream, end);
		if (fits(stream, piece, hit, end) && !count(numbers, nth, had, n_docs))
			return false;
		at = end + numbers.len;
	}
	return true;
}

/* Those that are not indexed may hold anything. */
static bool look_unindexed(struct span stream, uint8_t *out, size_t n_docs)
{
	struct words_record record;
	uint32_t doc;

	if (!span_starts(stream, WORDS_UNINDEXED))
		return true;
	if (!words_record_next(&stream, &record) || !span_eq(record.word, WORDS_UNINDEXED))
		return false;
	while (words_doc_next(&record, n_docs, &doc)) {
		if (out[doc] == WORDS_NO)
			out[doc] = WORDS_MAYBE;
	}
	return !record.malformed;
}

bool words_look(struct span stream, const struct words_needle *needle, uint8_t *out, size_t n_docs)
{
	enum words_found found = needle->exact ? WORDS_YES : WORDS_MAYBE;

	memset(out, 0, n_docs);
	for (size_t i = 0; i < needle->n; i++) {
		if (!look_for(stream, &needle->pieces[i], (uint8_t)(i + 1), out, n_docs))
			return false;
	}
	for (size_t i = 0; i < n_docs; i++)
		out[i] = out[i] == needle->n ? found : WORDS_NO;
	return look_unindexed(stream, out, n_docs);
}
