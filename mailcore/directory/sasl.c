/* SASL messages: PLAIN and LOGIN; SCRAM's are in sasl_scram.c. */
#include "mailcore/directory/sasl.h"

#include "mailcore/base/base64.h"
#include "mailcore/base/utf8.h"
#include "mailcore/directory/sasl_impl.h"

/* authzid NUL authcid NUL passwd */
#define MESSAGE_MAX (2 * SASL_NAME_MAX + SASL_PASSWORD_MAX + 2)

bool sasl_mechanism_parse(struct span text, enum sasl_mechanism *out)
{
	static const struct span names[] = { [SASL_PLAIN] = SPAN("PLAIN"),
		[SASL_LOGIN] = SPAN("LOGIN"),
		[SASL_SCRAM] = SPAN("SCRAM-SHA-256"),
		[SASL_SCRAM_PLUS] = SPAN("SCRAM-SHA-256-PLUS") };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (span_ieq(text, names[i])) {
			*out = (enum sasl_mechanism)i;
			return true;
		}
	}
	return false;
}

/* A name goes to the database and the log: text without controls. */
bool sasl_name_is_valid(struct span s)
{
	if (s.len == 0 || s.len > SASL_NAME_MAX || !utf8_valid(s))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 0x7f)
			return false;
	}
	return true;
}

static bool is_password(struct span s)
{
	return s.len > 0 && s.len <= SASL_PASSWORD_MAX && span_find(s, '\0') == SPAN_NPOS;
}

/* RFC 4616: message = [authzid] NUL authcid NUL passwd */
static bool take_plain(struct sasl *s, struct span message)
{
	size_t first = span_find(message, '\0');
	if (first == SPAN_NPOS)
		return false;
	struct span authzid = span_sub(message, 0, first);
	struct span rest = span_from(message, first + 1);
	size_t second = span_find(rest, '\0');
	if (second == SPAN_NPOS)
		return false;
	struct span name = span_sub(rest, 0, second);
	struct span password = span_from(rest, second + 1);

	if (!sasl_name_is_valid(name) || !is_password(password))
		return false;
	if (authzid.len > 0 && !span_ieq(authzid, name))
		return false;
	s->name = secret_of(name);
	s->password = secret_of(password);
	return true;
}

static enum sasl_state take_login(struct sasl *s, struct span text)
{
	if (!s->has_name) {
		if (!sasl_name_is_valid(text))
			return SASL_MALFORMED;
		s->name = secret_of(text);
		s->has_name = true;
		return SASL_CONTINUE;
	}
	if (!is_password(text))
		return SASL_MALFORMED;
	s->password = secret_of(text);
	return SASL_READY;
}

static enum sasl_state take_message(struct sasl *s, struct span message)
{
	if (s->scram)
		return scram_take(s, message);
	if (s->mechanism == SASL_LOGIN)
		return take_login(s, message);
	return take_plain(s, message) ? SASL_READY : SASL_MALFORMED;
}

static enum sasl_state take_response(struct sasl *s, struct span text)
{
	if (text.len > (MESSAGE_MAX + 2) / 3 * 4)
		return SASL_MALFORMED;

	/* Reserved in whole, so that no copy of the password is left behind by growing. */
	struct str message;
	str_init(&message, MESSAGE_MAX + 2);
	(void)str_reserve(&message, MESSAGE_MAX + 2); /* fits: it is the maximum */
	enum sasl_state state = SASL_MALFORMED;
	if (base64_decode(text, &message))
		state = take_message(s, str_span(&message));
	explicit_bzero(message.ptr, message.cap);
	str_done(&message);
	return state;
}

enum sasl_state sasl_begin(
	struct sasl *s, enum sasl_mechanism mechanism, struct span binding, struct span initial)
{
	*s = (struct sasl){ .mechanism = mechanism };
	if (mechanism == SASL_SCRAM || mechanism == SASL_SCRAM_PLUS)
		s->scram = scram_begin(mechanism == SASL_SCRAM_PLUS, binding);
	if (!initial.ptr)
		return SASL_CONTINUE;
	return take_response(s, span_eq(initial, SPAN("=")) ? SPAN("") : initial);
}

enum sasl_state sasl_next(struct sasl *s, struct span line)
{
	if (span_eq(line, SPAN("*")))
		return SASL_CANCELLED;
	return take_response(s, line);
}

const char *sasl_challenge(const struct sasl *s)
{
	if (s->scram)
		return scram_challenge(s->scram);
	if (s->mechanism == SASL_PLAIN)
		return "";
	/* "Username:", "Password:": the words that Outlook waits for. */
	return s->has_name ? "UGFzc3dvcmQ6" : "VXNlcm5hbWU6";
}

struct span sasl_name(const struct sasl *s)
{
	return secret_span(&s->name);
}

struct span sasl_password(const struct sasl *s)
{
	return secret_span(&s->password);
}

void sasl_done(struct sasl *s)
{
	secret_done(&s->name);
	secret_done(&s->password);
	scram_done(s->scram);
	*s = (struct sasl){ 0 };
}
