/* SCRAM messages. */
#include "mailcore/directory/scram.h"

#include "mailcore/base/base64.h"
#include "mailcore/base/cur.h"

#define BINDING_MAX 1024

static bool is_value_char(char c)
{
	return c != ',' && c != '\0';
}

/* printable = %x21-2B / %x2D-7E */
static bool is_nonce_char(char c)
{
	return c > ' ' && c <= '~' && c != ',';
}

static bool is_name_char(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '.' || c == '-';
}

/* saslname = 1*(value-safe-char / "=2C" / "=3D") */
static bool name_decode(struct arena *a, struct span text, struct span *out)
{
	char *bytes = arena_alloc(a, text.len);
	size_t len = 0;

	for (struct cur c = cur_of(text); !cur_done(&c); len++) {
		if (cur_take_word(&c, SPAN("=2C")))
			bytes[len] = ',';
		else if (cur_take_word(&c, SPAN("=3D")))
			bytes[len] = '=';
		else if (*c.p == '=')
			return false;
		else
			bytes[len] = *c.p++;
	}
	*out = span_make(bytes, len);
	return true;
}

/* "x=value" and nothing of what follows. */
static bool take_attribute(struct cur *c, char letter, struct span *out)
{
	struct cur at = *c;

	if (!cur_take(&at, letter) || !cur_take(&at, '='))
		return false;
	*out = cur_take_while(&at, is_value_char);
	*c = at;
	return true;
}

/* gs2-header = ("p=" cb-name / "n" / "y") "," [ "a=" saslname ] "," */
static bool take_gs2(struct arena *a, struct cur *c, struct scram_first *out)
{
	const char *start = c->p;
	struct span authzid = SPAN("");

	if (take_attribute(c, 'p', &out->binding)) {
		struct cur name = cur_of(out->binding);
		(void)cur_take_while(&name, is_name_char);
		if (out->binding.len == 0 || !cur_done(&name))
			return false;
		out->flag = 'p';
	} else if (cur_take(c, 'n')) {
		out->flag = 'n';
	} else if (cur_take(c, 'y')) {
		out->flag = 'y';
	} else {
		return false;
	}
	if (!cur_take(c, ','))
		return false;
	if (!cur_done(c) && *c->p == 'a' && !take_attribute(c, 'a', &authzid))
		return false;
	if (!cur_take(c, ',') || !name_decode(a, authzid, &out->authzid))
		return false;
	out->gs2 = cur_since(c, start);
	return true;
}

static bool is_nonce(struct span s)
{
	struct cur c = cur_of(s);

	(void)cur_take_while(&c, is_nonce_char);
	return s.len > 0 && s.len <= SCRAM_NONCE_MAX && cur_done(&c);
}

/* extensions = attr-val *("," attr-val): to the end, each of the form x=value. */
static bool extensions_are_fine(struct cur *c)
{
	while (!cur_done(c)) {
		struct span value;
		if (!cur_take(c, ',') || cur_done(c) || !ascii_is_alpha(*c->p) ||
			!take_attribute(c, *c->p, &value))
			return false;
	}
	return true;
}

bool scram_first_parse(struct arena *a, struct span message, struct scram_first *out)
{
	struct cur c = cur_of(message);
	struct span name;

	*out = (struct scram_first){ 0 };
	if (!take_gs2(a, &c, out))
		return false;
	out->bare = cur_rest(&c);
	if (!take_attribute(&c, 'n', &name) || !name_decode(a, name, &out->name) ||
		out->name.len == 0)
		return false;
	if (!cur_take(&c, ',') || !take_attribute(&c, 'r', &out->nonce) || !is_nonce(out->nonce))
		return false;
	return extensions_are_fine(&c);
}

static bool decode(struct arena *a, struct span text, size_t max, struct span *out)
{
	struct str bytes = str_in(a, max);

	if (!base64_decode(text, &bytes) || !str_ok(&bytes))
		return false;
	*out = str_span(&bytes);
	return true;
}

bool scram_final_parse(struct arena *a, struct span message, struct scram_final *out)
{
	size_t at = span_rfind(message, ',');
	struct cur c = cur_of(span_sub(message, 0, at == SPAN_NPOS ? message.len : at));
	struct cur last = cur_of(span_from(message, at == SPAN_NPOS ? message.len : at + 1));
	struct span binding, proof;

	*out = (struct scram_final){ .without_proof = cur_rest(&c) };
	if (!take_attribute(&c, 'c', &binding) || !cur_take(&c, ',') ||
		!take_attribute(&c, 'r', &out->nonce) || !extensions_are_fine(&c))
		return false;
	if (!take_attribute(&last, 'p', &proof) || !cur_done(&last))
		return false;
	return decode(a, binding, BINDING_MAX, &out->binding) &&
		decode(a, proof, SCRAM_HASH_SIZE, &out->proof) && out->proof.len == SCRAM_HASH_SIZE;
}
