/* Any subjects and ids make conversations in which every message comes once. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/base/utf8.h"
#include "mailcore/imap/order/base_subject.h"
#include "mailcore/imap/order/collate.h"
#include "mailcore/imap/order/threads.h"

#define MESSAGES_MAX 200

/* A line is a message: a letter for its id, letters it refers to, ':', its subject. */
static struct thread_message read_message(struct arena *a, struct span line, uint32_t name)
{
	struct thread_message m = { .name = name, .date = (int64_t)(line.len % 7) };
	size_t colon = span_find(line, ':');
	struct span ids = span_sub(line, 0, colon);
	struct str subject = str_in(a, 3 * line.len + 1);

	utf8_add_valid(&subject, colon == SPAN_NPOS ? SPAN("") : span_from(line, colon + 1));
	struct span base = base_subject(a, str_span(&subject), &m.is_reply);
	bool again;
	ASSERT(base.len <= BASE_SUBJECT_MAX);
	(void)base_subject(a, base, &again);
	m.subject = collate_key(a, base);
	m.message_id = span_sub(ids, 0, 1);
	struct span *refs = arena_array(a, ids.len, sizeof *refs);
	for (size_t i = 1; i < ids.len && m.n_refs < THREAD_REFS_MAX; i++)
		refs[m.n_refs++] = span_sub(ids, i, 1);
	m.refs = refs;
	return m;
}

static void check(struct arena *a, struct thread_node *at, size_t n)
{
	struct str out = str_in(a, 1 << 20);
	size_t numbers = 0, depth = 0;

	while (at)
		threads_write(&out, &at, 3);
	ASSERT(str_ok(&out));
	for (size_t i = 0; i < out.len; i++) {
		bool last = i + 1 == out.len || !ascii_is_digit(out.ptr[i + 1]);
		numbers += ascii_is_digit(out.ptr[i]) && last;
		depth += out.ptr[i] == '(';
		ASSERT(out.ptr[i] != ')' || depth > 0);
		depth -= out.ptr[i] == ')';
	}
	ASSERT(numbers == n && depth == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct thread_message messages[MESSAGES_MAX];
	struct span rest = span_make(data, size), line;
	struct arena a;
	uint32_t n = 0;

	arena_init(&a, 65536);
	while (n < MESSAGES_MAX && span_split(&rest, '\n', &line)) {
		messages[n] = read_message(&a, line, n + 1);
		n++;
	}
	check(&a, threads_by_references(&a, messages, n), n);
	check(&a, threads_by_subject(&a, messages, n), n);
	arena_done(&a);
	return 0;
}
