/* encoded-words in header text. */
#include "mailcore/mime/encoded_word.h"

#include "mailcore/base/base64.h"
#include "mailcore/base/cur.h"
#include "mailcore/base/utf8.h"
#include "mailcore/mime/charset.h"

#define WORD_MAX 75

struct word {
	struct span charset; /* without the RFC 2231 language */
	struct span text;
	struct span whole;
	bool base64;
};

/* Words of one charset that follow each other: their bytes are converted together, because some
 * senders cut inside a character. */
struct run {
	struct str bytes;
	struct span charset;
	struct span source; /* empty: no run */
};

static bool take_charset(struct cur *c, struct span *out)
{
	const char *start = c->p;
	while (cur_peek(c) > ' ' && *c->p != '?' && c->p - start <= 2 * CHARSET_LABEL_MAX)
		c->p++;
	struct span label = cur_since(c, start);
	*out = span_sub(label, 0, span_find(label, '*'));
	return out->len > 0 && cur_take(c, '?');
}

/* "=?" charset "?" ( "B" / "Q" ) "?" text "?=" ; *no_end: no "?=" is left in the input */
static bool take_word(struct cur *in, struct word *out, bool *no_end)
{
	struct cur c = *in;

	if (*no_end || !cur_take_word(&c, SPAN("=?")) || !take_charset(&c, &out->charset))
		return false;
	int kind = cur_next(&c);
	out->base64 = kind == 'b' || kind == 'B';
	if (!(out->base64 || kind == 'q' || kind == 'Q') || !cur_take(&c, '?'))
		return false;

	size_t end = span_find_pair(cur_rest(&c), '?', '=');
	if (end == SPAN_NPOS) {
		*no_end = true;
		return false;
	}
	out->text = span_sub(cur_rest(&c), 0, end);
	c.p += end + 2;
	out->whole = cur_since(&c, in->p);
	*in = c;
	return true;
}

static void decode_q(struct span text, struct str *out)
{
	for (size_t i = 0; i < text.len; i++) {
		bool pair = text.ptr[i] == '=' && i + 2 < text.len;
		int high = pair ? ascii_hex(text.ptr[i + 1]) : -1;
		int low = pair ? ascii_hex(text.ptr[i + 2]) : -1;
		if (high >= 0 && low >= 0) {
			str_add_c(out, (char)(high << 4 | low));
			i += 2;
		} else {
			str_add_c(out, text.ptr[i] == '_' ? ' ' : text.ptr[i]);
		}
	}
}

/* A decoded line end or NUL would break whoever shows the text as one line. */
static void blank_controls(struct str *out, size_t from)
{
	for (size_t i = from; i < out->len; i++) {
		char *c = out->ptr + i;
		if (*c == '\r' || *c == '\n' || *c == '\0')
			*c = ' ';
	}
}

static void end_run(struct run *run, struct str *out)
{
	if (run->source.len == 0)
		return;
	size_t from = out->len;
	if (charset_to_utf8(out, run->charset, str_span(&run->bytes)))
		blank_controls(out, from);
	else
		charset_guess_to_utf8(out, run->source);
	str_clear(&run->bytes);
	run->source = SPAN_NONE;
}

static void add_word(struct run *run, const struct word *word, struct str *out)
{
	if (run->source.len > 0 && !span_ieq(run->charset, word->charset))
		end_run(run, out);
	if (run->source.len == 0) {
		run->charset = word->charset;
		run->source = word->whole;
	}
	if (word->base64)
		base64_decode_lenient(word->text, &run->bytes);
	else
		decode_q(word->text, &run->bytes);
	const char *end = word->whole.ptr + word->whole.len;
	run->source.len = (size_t)(end - run->source.ptr);
}

static struct span take_white(struct cur *c)
{
	const char *start = c->p;
	while (cur_peek(c) == ' ' || cur_peek(c) == '\t' || cur_peek(c) == '\r' ||
		cur_peek(c) == '\n')
		c->p++;
	return cur_since(c, start);
}

/* Up to the next "=?" that is not where we stand, or to white space that may stand before one. */
static struct span take_plain(struct cur *c)
{
	const char *start = c->p;
	do
		c->p++;
	while (!cur_done(c) && !ascii_is_space(*c->p) && *c->p != '\r' && *c->p != '\n' &&
		!span_starts(cur_rest(c), SPAN("=?")));
	return cur_since(c, start);
}

static void decode(struct str *out, struct cur c, struct run *run)
{
	bool no_end = false;

	while (!cur_done(&c)) {
		struct word word;
		struct span white = take_white(&c);
		bool found = take_word(&c, &word, &no_end);

		/* White space between two words is no text. */
		if (white.len > 0 && !(found && run->source.len > 0)) {
			end_run(run, out);
			str_add(out, white);
		}
		if (found) {
			add_word(run, &word, out);
			continue;
		}
		end_run(run, out);
		if (!cur_done(&c))
			charset_guess_to_utf8(out, take_plain(&c));
	}
	end_run(run, out);
}

void encoded_word_decode(struct str *out, struct span text)
{
	if (span_find_span(text, SPAN("=?")) == SPAN_NPOS) {
		charset_guess_to_utf8(out, text);
		return;
	}
	struct run run = { 0 };
	str_init(&run.bytes, text.len);
	decode(out, cur_of(text), &run);
	str_done(&run.bytes);
}

/* RFC 2047 §5 (3): what may stand for itself in a phrase. */
static bool is_q_safe(unsigned char c)
{
	return ascii_is_digit((char)c) || ascii_is_alpha((char)c) || c == '!' || c == '*' ||
		c == '+' || c == '-' || c == '/';
}

static size_t q_len(struct span text)
{
	size_t len = 0;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		len += is_q_safe(c) || c == ' ' ? 1 : 3;
	}
	return len;
}

static void add_q(struct str *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		if (c == ' ')
			str_add_c(out, '_');
		else if (is_q_safe(c))
			str_add_c(out, (char)c);
		else
			str_addf(out, "=%02X", c);
	}
}

/* The longest run of whole characters that fits into one word. */
static struct span take_chunk(struct span *rest, bool base64)
{
	const size_t room = WORD_MAX - (sizeof "=?UTF-8?Q?" - 1) - 2;
	size_t len = 0, used = 0;

	while (len < rest->len) {
		uint32_t code;
		size_t step = utf8_decode(span_from(*rest, len), &code);
		step = step ? step : 1;
		size_t cost = base64 ? 0 : q_len(span_sub(*rest, len, step));
		bool fits = base64 ? (len + step + 2) / 3 * 4 <= room : used + cost <= room;
		if (!fits)
			break;
		len += step;
		used += cost;
	}
	struct span chunk = span_sub(*rest, 0, len);
	*rest = span_from(*rest, len);
	return chunk;
}

void encoded_word_add(struct str *out, struct span utf8)
{
	bool base64 = q_len(utf8) > 2 * utf8.len; /* Q can be read where words are not decoded */

	for (bool first = true; utf8.len > 0; first = false) {
		struct span chunk = take_chunk(&utf8, base64);
		str_add_cstr(out, first ? "=?UTF-8?" : " =?UTF-8?");
		str_add_cstr(out, base64 ? "B?" : "Q?");
		if (base64)
			base64_add(out, chunk);
		else
			add_q(out, chunk);
		str_add(out, SPAN("?="));
	}
}
