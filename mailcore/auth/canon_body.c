/*
 * Bodies in canonical form, hashed as they come.
 *
 * Line ends are held back until something follows them, because empty lines at the end do not
 * count; so is white space in the relaxed form, because none counts at the end of a line.
 */
#include "mailcore/auth/canon.h"

#include <string.h>

void body_hash_init(struct body_hash *h, bool relaxed, uint64_t limit)
{
	*h = (struct body_hash){ .relaxed = relaxed, .limit = limit, .md = EVP_MD_CTX_new() };
	ASSERT(h->md && EVP_DigestInit_ex(h->md, EVP_sha256(), NULL) == 1);
}

void body_hash_done(struct body_hash *h)
{
	EVP_MD_CTX_free(h->md);
	h->md = NULL;
}

/* Into the hash, as far as the limit allows. */
static void digest(struct body_hash *h, struct span bytes)
{
	uint64_t left = h->limit > h->len ? h->limit - h->len : 0;
	size_t len = bytes.len < left ? bytes.len : (size_t)left;

	h->len += bytes.len;
	ASSERT(EVP_DigestUpdate(h->md, bytes.ptr, len) == 1);
}

static void flush(struct body_hash *h)
{
	digest(h, span_make(h->buffer, h->waiting));
	h->waiting = 0;
}

static void put(struct body_hash *h, struct span bytes)
{
	if (bytes.len > sizeof h->buffer - h->waiting)
		flush(h);
	if (bytes.len > sizeof h->buffer) {
		digest(h, bytes);
		return;
	}
	memcpy(h->buffer + h->waiting, bytes.ptr, bytes.len);
	h->waiting += bytes.len;
}

/* Something of a line follows: what was held back counts. */
static void put_held(struct body_hash *h)
{
	for (; h->line_ends > 0; h->line_ends--)
		put(h, SPAN("\r\n"));
	if (h->space)
		put(h, SPAN(" "));
	h->space = false;
}

static void put_text(struct body_hash *h, struct span text)
{
	put_held(h);
	put(h, text);
}

/* A CR has been held back; was it the beginning of a line end? */
static void settle_cr(struct body_hash *h, bool line_end)
{
	h->cr = false;
	if (!line_end) {
		put_text(h, SPAN("\r"));
		return;
	}
	h->space = false;
	h->line_ends++;
}

static bool is_special(const struct body_hash *h, char c)
{
	return c == '\r' || (h->relaxed && ascii_is_space(c));
}

static size_t plain_run(const struct body_hash *h, struct span bytes)
{
	size_t len = 0;
	while (len < bytes.len && !is_special(h, bytes.ptr[len]))
		len++;
	return len;
}

void body_hash_add(struct body_hash *h, struct span bytes)
{
	while (bytes.len > 0) {
		char c = bytes.ptr[0];
		size_t taken = 1;
		if (h->cr) {
			settle_cr(h, c == '\n');
			taken = c == '\n';
		} else if (c == '\r') {
			h->cr = true;
		} else if (is_special(h, c)) {
			h->space = true;
		} else {
			taken = plain_run(h, bytes);
			put_text(h, span_sub(bytes, 0, taken));
		}
		bytes = span_from(bytes, taken);
	}
}

void body_hash_end(struct body_hash *h, unsigned char out[DKIM_HASH_SIZE])
{
	if (h->cr)
		settle_cr(h, false);
	/* §3.4.3: a body without a line is one empty line; §3.4.4: it is nothing. */
	bool empty = h->len == 0 && h->waiting == 0;
	if (!empty || !h->relaxed)
		put(h, SPAN("\r\n"));
	flush(h);
	ASSERT(EVP_DigestFinal_ex(h->md, out, NULL) == 1);
}
