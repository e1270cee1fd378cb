/* Encoding for transfer changes no part's content, and what it has encoded is clean. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/base/base64.h"
#include "mailcore/mime/part.h"
#include "mailcore/mime/qp.h"
#include "mailcore/mime/transfer.h"

static struct span decoded(struct arena *a, const struct part *p)
{
	struct str out = str_in(a, p->body.len + 4);

	if (p->encoding_kind == ENCODING_QP)
		qp_decode(p->body, &out);
	else if (p->encoding_kind == ENCODING_BASE64)
		base64_decode_lenient(p->body, &out);
	else
		return p->body;
	return str_span(&out);
}

static struct span write_all(struct arena *a, struct span message, size_t *out_encoded)
{
	struct transfer *t = transfer_plan(a, message);
	struct str out = str_in(a, 8 * message.len + 4096);
	struct span piece;

	while ((piece = transfer_next(t)).len > 0) {
		ASSERT(piece.len <= TRANSFER_PIECE_MAX || piece.len <= message.len);
		str_add(&out, piece);
	}
	ASSERT(str_ok(&out));
	*out_encoded = transfer_encoded_parts(t);
	return str_span(&out);
}

/* A part that is encoded now and was not, or not well, before. */
static void check_clean(const struct part *was, const struct part *is)
{
	struct transfer_watch w = { 0 };

	if (span_eq(was->body, is->body))
		return;
	transfer_watch_add(&w, is->body);
	ASSERT(!w.is_8bit && !w.is_long);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span message = span_make(data, size);
	size_t encoded, again;
	struct arena a;

	arena_init(&a, 4096);
	struct span out = write_all(&a, message, &encoded);
	const struct part *was = mime_parse(&a, message), *is = mime_parse(&a, out);
	for (; was && is; was = part_next(was), is = part_next(is)) {
		ASSERT(was->kind == is->kind);
		if (was->kind != PART_LEAF)
			continue;
		ASSERT(span_eq(decoded(&a, was), decoded(&a, is)));
		check_clean(was, is);
	}
	ASSERT(!was && !is);
	/* Once is enough. */
	struct span twice = write_all(&a, out, &again);
	ASSERT(again == 0 && span_eq(twice, out));
	arena_done(&a);
	return 0;
}
