/* Request heads and bodies: in one piece and byte by byte they are judged alike, and what is
 * accepted holds nothing that two readers could take for different things. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "mailcore/base/rc.h"
#include "mailcore/net/http_head.h"

static void check_accepted(struct span head)
{
	ASSERT(span_ends(head, SPAN("\r\n\r\n")));
	ASSERT(memchr(head.ptr, 0, head.len) == NULL);
	for (size_t i = 0; i < head.len; i++) {
		if (head.ptr[i] == '\n')
			ASSERT(i > 0 && head.ptr[i - 1] == '\r');
		if (head.ptr[i] == '\r')
			ASSERT(i + 1 < head.len && head.ptr[i + 1] == '\n');
		if (head.ptr[i] == '\n' && i + 1 < head.len)
			ASSERT(head.ptr[i + 1] != ' ' && head.ptr[i + 1] != '\t');
	}
}

static void check_body(struct span in, const struct http_head *head)
{
	struct http_body whole, bytewise;
	size_t used = 0, total = 0;

	http_body_begin(&whole, head);
	http_body_begin(&bytewise, head);
	enum http_result result = http_body_take(&whole, in, &used);
	enum http_result other = http_body_take(&bytewise, span_sub(in, 0, 0), &total);
	for (total = 0; other == HTTP_WAIT && total < in.len; total++) {
		size_t one = 0;
		other = http_body_take(&bytewise, span_sub(in, total, 1), &one);
		ASSERT(other == HTTP_BAD || one == 1);
	}
	ASSERT(result == other);
	if (result != HTTP_BAD)
		ASSERT(used <= in.len && used == total);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_make(data, size);
	struct http_head head = { .len = 0 }, pieces;
	size_t scanned = 0;
	enum http_result result = http_head_check(in, &scanned, &head);

	if (result != HTTP_OK)
		return 0;
	ASSERT(head.len <= size && head.len <= HTTP_HEAD_MAX);
	check_accepted(span_sub(in, 0, head.len));
	scanned = 0;
	for (size_t len = 0; len < head.len; len++)
		ASSERT(http_head_check(span_sub(in, 0, len), &scanned, &pieces) == HTTP_WAIT);
	ASSERT(http_head_check(in, &scanned, &pieces) == HTTP_OK && pieces.len == head.len);
	check_body(span_from(in, head.len), &head);
	return 0;
}
