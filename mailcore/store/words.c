/* Words and their documents, written: see words.h. Reading is in words_look.c. */
#include "mailcore/store/words.h"

#include "mailcore/base/map.h"
#include "mailcore/store/words_stream.h"

#define TABLE_FIRST 4096 /* a power of two */

struct word {
	size_t start; /* of its text */
	uint32_t len;
	uint32_t n_docs;
	uint32_t last_doc; /* + 1 */
	uint32_t hash;
};

/* In the order in which they were added: for each word its documents ascend. */
struct posting {
	uint32_t word, doc;
};

struct words {
	struct str text;
	struct word *items;
	size_t len, cap;
	struct posting *postings;
	size_t n_postings, cap_postings;
	uint32_t *table; /* index of a word + 1; 0: free */
	size_t table_size;
};

void words_free(struct words *w)
{
	if (!w)
		return;
	str_done(&w->text);
	heap_free(w->items);
	heap_free(w->postings);
	heap_free(w->table);
	heap_free(w);
}

static void *room_for_one(void *items, size_t len, size_t *cap, size_t item_size)
{
	if (len < *cap)
		return items;
	*cap = *cap ? 2 * *cap : 1024;
	return heap_resize(items, *cap * item_size);
}

/* ------------------------------------------------------------------ the table */

static void table_put(struct words *w, size_t index)
{
	size_t at = w->items[index].hash & (w->table_size - 1);

	while (w->table[at])
		at = (at + 1) & (w->table_size - 1);
	w->table[at] = (uint32_t)index + 1;
}

static void table_grow(struct words *w)
{
	heap_free(w->table);
	w->table_size *= 2;
	w->table = heap_zalloc(w->table_size * sizeof *w->table);
	for (size_t i = 0; i < w->len; i++)
		table_put(w, i);
}

static bool is_word(const struct words *w, size_t index, uint32_t hash, struct span text)
{
	const struct word *it = &w->items[index];

	return it->hash == hash && it->len == text.len &&
		memcmp(w->text.ptr + it->start, text.ptr, text.len) == 0;
}

static size_t word_add(struct words *w, uint32_t hash, struct span text)
{
	w->items = room_for_one(w->items, w->len, &w->cap, sizeof *w->items);
	w->items[w->len] =
		(struct word){ .start = w->text.len, .len = (uint32_t)text.len, .hash = hash };
	str_add(&w->text, text);
	ASSERT(str_ok(&w->text));
	if (2 * w->len >= w->table_size)
		table_grow(w);
	table_put(w, w->len);
	return w->len++;
}

static size_t word_index(struct words *w, struct span text)
{
	uint32_t hash = (uint32_t)hash_bytes(text);
	size_t at = hash & (w->table_size - 1);

	while (w->table[at]) {
		if (is_word(w, w->table[at] - 1, hash, text))
			return w->table[at] - 1;
		at = (at + 1) & (w->table_size - 1);
	}
	return word_add(w, hash, text);
}

struct words *words_new(void)
{
	struct words *w = heap_zalloc(sizeof *w);

	str_init(&w->text, WORDS_STREAM_MAX);
	w->table_size = TABLE_FIRST;
	w->table = heap_zalloc(w->table_size * sizeof *w->table);
	(void)word_index(w, WORDS_UNINDEXED); /* is the first */
	return w;
}

/* ------------------------------------------------------------------ adding */

/* False: the word has been in a later document already. */
static bool post(struct words *w, struct span word, uint32_t doc)
{
	ASSERT(doc < WORDS_DOCS_MAX);
	size_t index = word_index(w, word);
	if (w->items[index].last_doc > doc)
		return w->items[index].last_doc == doc + 1;
	w->items[index].last_doc = doc + 1;
	w->items[index].n_docs++;
	w->postings =
		room_for_one(w->postings, w->n_postings, &w->cap_postings, sizeof *w->postings);
	w->postings[w->n_postings++] = (struct posting){ (uint32_t)index, doc };
	return true;
}

void words_add(struct words *w, uint32_t doc, struct span folded)
{
	struct span rest = folded, word;

	while (span_split(&rest, ' ', &word)) {
		bool in_order = !word.len || post(w, word, doc);
		ASSERT(in_order);
	}
}

void words_add_unindexed(struct words *w, uint32_t doc)
{
	bool in_order = post(w, WORDS_UNINDEXED, doc);
	ASSERT(in_order);
}

static bool is_sound(struct span word)
{
	return span_find(word, ' ') == SPAN_NPOS || span_eq(word, WORDS_UNINDEXED);
}

bool words_add_stream(struct words *w, struct span stream, const uint32_t *to, size_t n_docs)
{
	struct words_record record;
	uint32_t doc;

	while (stream.len) {
		if (!words_record_next(&stream, &record) || !is_sound(record.word))
			return false;
		while (words_doc_next(&record, n_docs, &doc)) {
			if (to[doc] != WORDS_NO_DOC && !post(w, record.word, to[doc]))
				return false;
		}
		if (record.malformed)
			return false;
	}
	return true;
}

size_t words_size(const struct words *w)
{
	return w->text.len + 2 * w->n_postings;
}

/* ------------------------------------------------------------------ writing */

static void add_number(struct str *out, uint32_t n)
{
	for (; n > 0xf; n >>= 4)
		str_add_c(out, (char)(0x10 | (n & 0xf)));
	str_add_c(out, (char)n);
}

static void write_word(const struct words *w, size_t index, const uint32_t *docs, struct str *out)
{
	const struct word *it = &w->items[index];
	uint32_t before = 0;

	if (!it->n_docs)
		return;
	str_add(out, span_make(w->text.ptr + it->start, it->len));
	for (size_t i = 0; i < it->n_docs; i++) {
		add_number(out, docs[i] - before);
		before = docs[i];
	}
}

/* Postings put together by word, by counting. */
void words_write(const struct words *w, struct str *out)
{
	uint32_t *docs = heap_alloc((w->n_postings + 1) * sizeof *docs);
	size_t *next = heap_alloc((w->len + 1) * sizeof *next);
	size_t at = 0;

	for (size_t i = 0; i < w->len; at += w->items[i++].n_docs)
		next[i] = at;
	for (size_t i = 0; i < w->n_postings; i++)
		docs[next[w->postings[i].word]++] = w->postings[i].doc;
	for (size_t i = 0; i < w->len; i++)
		write_word(w, i, docs + (next[i] - w->items[i].n_docs), out);
	heap_free(next);
	heap_free(docs);
}
