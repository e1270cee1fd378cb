/* Decoded text is valid UTF-8 and not too long; encoded again it reads the same. The input up to the
 * first NUL is a charset label for the rest, too. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/base/utf8.h"
#include "mailcore/mime/charset.h"
#include "mailcore/mime/encoded_word.h"
#include "mailcore/mime/qp.h"

static void check_words(struct span input)
{
	struct str text, words, again;

	str_init(&text, 9 * input.len + 100);
	encoded_word_decode(&text, input);
	ASSERT(str_ok(&text));
	ASSERT(utf8_valid(str_span(&text)));
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\r' || text.ptr[i] == '\n' || text.ptr[i] == '\0')
			text.ptr[i] = ' ';
	}
	str_init(&words, 20 * text.len + 100);
	str_init(&again, 20 * text.len + 100);
	encoded_word_add(&words, str_span(&text));
	ASSERT(utf8_is_ascii(str_span(&words)));
	encoded_word_decode(&again, str_span(&words));
	ASSERT(span_eq(str_span(&again), str_span(&text)));
	str_done(&again);
	str_done(&words);
	str_done(&text);
}

static void check_charset(struct span input)
{
	size_t nul = span_find(input, '\0');
	struct str text;

	if (nul == SPAN_NPOS)
		return;
	str_init(&text, (size_t)64 << 20);
	(void)charset_to_utf8(
		&text, span_sub(input, 0, nul), span_from(input, nul + 1)); /* or unknown */
	ASSERT(utf8_valid(str_span(&text)));
	str_done(&text);
}

/* Bytes with CRLF line ends come back from quoted-printable. */
static void check_qp(struct span input)
{
	struct str coded, back, direct;

	str_init(&direct, input.len);
	qp_decode(input, &direct);
	ASSERT(str_ok(&direct));
	str_done(&direct);
	if (span_find(input, '\n') != SPAN_NPOS)
		return;
	str_init(&coded, 4 * input.len + 100);
	qp_add(&coded, input);
	str_init(&back, coded.len);
	qp_decode(str_span(&coded), &back);
	ASSERT(span_eq(str_span(&back), input));
	str_done(&back);
	str_done(&coded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_make(data, size);
	check_words(input);
	check_charset(input);
	check_qp(input);
	return 0;
}
