/* Sender rewriting for forwarded mail. */
#include "mailcore/deliver/srs.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "mailcore/base/cur.h"
#include "mailcore/base/str.h"

#define HASH_LEN    6 /* base32 digits */
#define DAY_LEN     2
#define DAYS_MOD    1024
#define LOCAL_MAX   64
#define DAY_SECONDS 86400

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

static int digit_value(char c)
{
	for (int i = 0; i < 32; i++) {
		if (digits[i] == ascii_upper(c))
			return i;
	}
	return -1;
}

static void hash_make(struct span secret, struct span text, char out[HASH_LEN])
{
	unsigned char mac[EVP_MAX_MD_SIZE] = { 0 };
	unsigned len = 0;
	char lower[SRS_MAX * 2];
	size_t n = text.len < sizeof lower ? text.len : sizeof lower;

	for (size_t i = 0; i < n; i++)
		lower[i] = ascii_lower(text.ptr[i]);
	unsigned char *ok = HMAC(EVP_sha256(), secret.ptr, (int)secret.len,
		(const unsigned char *)lower, n, mac, &len);
	ASSERT(ok && len == 32);
	for (size_t i = 0; i < HASH_LEN; i++)
		out[i] = digits[mac[i] & 31];
}

/* In constant time. */
static bool hash_is(struct span secret, struct span text, struct span given)
{
	char want[HASH_LEN];
	unsigned char differs = 0;

	if (given.len != HASH_LEN)
		return false;
	hash_make(secret, text, want);
	for (size_t i = 0; i < HASH_LEN; i++)
		differs |= (unsigned char)(want[i] ^ ascii_upper(given.ptr[i]));
	return differs == 0;
}

static unsigned day_of(int64_t now_s)
{
	return (unsigned)((now_s / DAY_SECONDS) % DAYS_MOD);
}

static bool day_is_recent(struct span text, int64_t now_s)
{
	if (text.len != DAY_LEN || digit_value(text.ptr[0]) < 0 || digit_value(text.ptr[1]) < 0)
		return false;
	unsigned day = (unsigned)(digit_value(text.ptr[0]) * 32 + digit_value(text.ptr[1]));
	return (day_of(now_s) + DAYS_MOD - day) % DAYS_MOD <= SRS_DAYS;
}

/* What stands behind "SRS0" or "SRS1": a separator, and the rest that is its maker's business. */
static bool is_opaque(struct span text)
{
	return text.len > 1 && (text.ptr[0] == '=' || text.ptr[0] == '-' || text.ptr[0] == '+');
}

static bool has_tag(struct span local, const char *tag)
{
	return span_istarts(local, span_of(tag)) && is_opaque(span_from(local, 4));
}

bool srs_is(struct span local)
{
	return has_tag(local, "SRS0") || has_tag(local, "SRS1");
}

static bool has_controls(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f)
			return true;
	}
	return false;
}

static bool split_address(struct span address, struct span *local, struct span *domain)
{
	size_t at = span_rfind(address, '@');

	if (at == SPAN_NPOS || at == 0 || at + 1 == address.len || address.len > SRS_MAX ||
		has_controls(address))
		return false;
	*local = span_sub(address, 0, at);
	*domain = span_from(address, at + 1);
	return span_find(*domain, '=') == SPAN_NPOS;
}

/* tag "=" hash "=" rest "@" domain */
static enum rc finish(struct arena *a, struct span secret, const char *tag, struct span rest,
	struct span our_domain, struct span *out)
{
	struct str address = str_in(a, SRS_MAX);
	char hash[HASH_LEN];

	if (4 + 1 + HASH_LEN + 1 + rest.len > LOCAL_MAX)
		return RC_LIMIT;
	hash_make(secret, rest, hash);
	str_add_cstr(&address, tag);
	str_add_c(&address, '=');
	str_add(&address, span_make(hash, HASH_LEN));
	str_add_c(&address, '=');
	str_add(&address, rest);
	str_add_c(&address, '@');
	str_add(&address, our_domain);
	if (!str_ok(&address))
		return RC_LIMIT;
	*out = str_span(&address);
	return RC_OK;
}

/* A forwarder behind a forwarder: the first one's own part is kept, its own hash says whether it is
 * good; those between are left out. */
static enum rc forward_again(struct arena *a, struct span secret, struct span local,
	struct span domain, struct span our_domain, struct span *out)
{
	struct span first = domain, opaque = span_from(local, 4);

	if (has_tag(local, "SRS1")) {
		struct span rest = span_from(local, 5), hash;
		if (!span_split(&rest, '=', &hash) || !span_split(&rest, '=', &first) ||
			first.len == 0 || !is_opaque(rest))
			return RC_INVALID;
		opaque = rest;
	}
	struct span rest =
		arena_printf(a, SPAN_FMT "=" SPAN_FMT, SPAN_ARG(first), SPAN_ARG(opaque));
	return finish(a, secret, "SRS1", rest, our_domain, out);
}

enum rc srs_forward(struct arena *a, struct span secret, struct span sender, struct span our_domain,
	int64_t now_s, struct span *out)
{
	struct span local, domain;
	unsigned day = day_of(now_s);

	if (!split_address(sender, &local, &domain))
		return RC_INVALID;
	if (srs_is(local))
		return forward_again(a, secret, local, domain, our_domain, out);
	struct span rest = arena_printf(a, "%c%c=" SPAN_FMT "=" SPAN_FMT, digits[day / 32],
		digits[day % 32], SPAN_ARG(domain), SPAN_ARG(local));
	return finish(a, secret, "SRS0", rest, our_domain, out);
}

static enum rc reverse_first(struct arena *a, struct span rest, int64_t now_s, struct span *out)
{
	struct span day, domain;

	if (!span_split(&rest, '=', &day) || !span_split(&rest, '=', &domain) ||
		!day_is_recent(day, now_s) || domain.len == 0 || rest.len == 0)
		return RC_DENIED;
	*out = arena_printf(a, SPAN_FMT "@" SPAN_FMT, SPAN_ARG(rest), SPAN_ARG(domain));
	return RC_OK;
}

static enum rc reverse_again(struct arena *a, struct span rest, struct span *out)
{
	struct span first;

	if (!span_split(&rest, '=', &first) || first.len == 0 || !is_opaque(rest))
		return RC_DENIED;
	*out = arena_printf(a, "SRS0" SPAN_FMT "@" SPAN_FMT, SPAN_ARG(rest), SPAN_ARG(first));
	return RC_OK;
}

enum rc srs_reverse(
	struct arena *a, struct span secret, struct span local, int64_t now_s, struct span *out)
{
	struct span rest = span_from(local, 5), hash;

	if (!srs_is(local) || local.len > SRS_MAX || !span_split(&rest, '=', &hash) || !rest.ptr ||
		!hash_is(secret, rest, hash))
		return RC_DENIED;
	return has_tag(local, "SRS0") ? reverse_first(a, rest, now_s, out)
				      : reverse_again(a, rest, out);
}
