/* SASL exchanges: lines of the input are the client's; the first byte chooses the mechanism. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/directory/sasl.h"

static void check_ready(const struct sasl *s)
{
	struct span name = sasl_name(s), password = sasl_password(s);

	ASSERT(name.len > 0 && name.len <= SASL_NAME_MAX);
	ASSERT(password.len > 0 && password.len <= SASL_PASSWORD_MAX);
	ASSERT(span_find(name, '\0') == SPAN_NPOS && span_find(password, '\0') == SPAN_NPOS);
	ASSERT(span_find(name, '\n') == SPAN_NPOS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_make(data, size), line;
	struct sasl s;

	if (size == 0)
		return 0;
	enum sasl_mechanism m = data[0] == 'L' ? SASL_LOGIN
		: data[0] == 'S'               ? SASL_SCRAM
					       : SASL_PLAIN;
	rest = span_from(rest, 1);
	enum sasl_state state = sasl_begin(&s, m, SPAN(""), SPAN_NONE);
	while (state == SASL_CONTINUE && span_split(&rest, '\n', &line)) {
		state = sasl_next(&s, line);
		if (state == SASL_NEEDS_SALT)
			state = sasl_scram_salt(&s, SPAN("salt"), 4096);
		ASSERT(state != SASL_NEEDS_PROOF); /* nobody guesses a nonce */
	}
	if (state == SASL_READY)
		check_ready(&s);
	sasl_done(&s);
	return 0;
}
