#include "mailcore/keys/hash_format.h"

#include "mailcore/base/cur.h"

#define ARGON2_KIB_MAX  65536
#define ARGON2_TIME_MAX 10
#define ROUNDS_MAX      500000
#define BCRYPT_COST_MAX 13

static bool is_digit(char c)
{
	return ascii_is_digit(c);
}

static bool is_crypt64(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '.' || c == '/';
}

static bool is_base64(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '+' || c == '/';
}

static bool take_number(struct cur *c, const char *before, uint64_t max)
{
	uint64_t n = 0;
	if (!cur_take_word(c, span_of(before)))
		return false;
	return span_u64(cur_take_while(c, is_digit), max, &n) && n > 0;
}

static bool take_run(struct cur *c, bool (*is)(char), size_t min, size_t max)
{
	size_t len = cur_take_while(c, is).len;
	return len >= min && len <= max;
}

/* "v=19$m=19456,t=2,p=1$" salt "$" tag */
static bool argon2_rest(struct cur c)
{
	return cur_take_word(&c, SPAN("v=19$")) && take_number(&c, "m=", ARGON2_KIB_MAX) &&
		take_number(&c, ",t=", ARGON2_TIME_MAX) && take_number(&c, ",p=", 1) &&
		cur_take(&c, '$') && take_run(&c, is_base64, 11, 64) && cur_take(&c, '$') &&
		take_run(&c, is_base64, 22, 86) && cur_done(&c);
}

/* [ "rounds=" n "$" ] salt "$" tag */
static bool sha_rest(struct cur c, size_t tag_len)
{
	if (cur_take_word(&c, SPAN("rounds=")) &&
		(!take_number(&c, "", ROUNDS_MAX) || !cur_take(&c, '$')))
		return false;
	return take_run(&c, is_crypt64, 1, 16) && cur_take(&c, '$') &&
		take_run(&c, is_crypt64, tag_len, tag_len) && cur_done(&c);
}

/* cost "$" salt and tag */
static bool bcrypt_rest(struct cur c)
{
	uint64_t cost = 0;
	struct span digits = cur_take_while(&c, is_digit);
	return digits.len == 2 && span_u64(digits, BCRYPT_COST_MAX, &cost) && cost >= 4 &&
		cur_take(&c, '$') && take_run(&c, is_crypt64, 53, 53) && cur_done(&c);
}

/* "j" cost "T$" salt "$" tag: only the flavour that crypt_gensalt makes */
static bool yescrypt_rest(struct cur c)
{
	if (!cur_take(&c, 'j'))
		return false;
	int cost = cur_next(&c);
	if (cost < '5' || cost > 'B' || (cost > '9' && cost < 'A'))
		return false;
	return cur_take(&c, 'T') && cur_take(&c, '$') && take_run(&c, is_crypt64, 1, 86) &&
		cur_take(&c, '$') && take_run(&c, is_crypt64, 43, 43) && cur_done(&c);
}

bool hash_format_parse(struct span text, enum hash_kind *out)
{
	struct cur c = cur_of(text);
	bool ok = false;
	enum hash_kind kind = HASH_CRYPT;
	if (text.len > HASH_TEXT_MAX)
		return false;
	if (cur_take_word(&c, SPAN("$argon2id$")) || cur_take_word(&c, SPAN("$argon2i$"))) {
		kind = HASH_ARGON2;
		ok = argon2_rest(c);
	} else if (cur_take_word(&c, SPAN("$mac$"))) {
		kind = HASH_MAC;
		ok = take_run(&c, is_base64, 43, 43) && cur_take(&c, '=') && cur_done(&c);
	} else if (cur_take_word(&c, SPAN("$6$"))) {
		ok = sha_rest(c, 86);
	} else if (cur_take_word(&c, SPAN("$5$"))) {
		ok = sha_rest(c, 43);
	} else if (cur_take_word(&c, SPAN("$1$"))) {
		ok = take_run(&c, is_crypt64, 1, 8) && cur_take(&c, '$') &&
			take_run(&c, is_crypt64, 22, 22) && cur_done(&c);
	} else if (cur_take_word(&c, SPAN("$2a$")) || cur_take_word(&c, SPAN("$2b$")) ||
		cur_take_word(&c, SPAN("$2y$"))) {
		ok = bcrypt_rest(c);
	} else if (cur_take_word(&c, SPAN("$y$"))) {
		ok = yescrypt_rest(c);
	}
	if (ok)
		*out = kind;
	return ok;
}

struct span hash_format_strip(struct span text)
{
	static const char *const SCHEMES[] = { "{CRYPT}", "{SHA512-CRYPT}", "{SHA256-CRYPT}",
		"{MD5-CRYPT}", "{BLF-CRYPT}", "{ARGON2ID}", "{ARGON2I}" };
	for (size_t i = 0; i < sizeof SCHEMES / sizeof *SCHEMES; i++)
		if (span_istarts(text, span_of(SCHEMES[i])))
			return span_from(text, strlen(SCHEMES[i]));
	return text;
}
