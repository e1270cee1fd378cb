/* Names and addresses as people type them. */
#include <idn2.h>

#include "backend/accounts/domain_service.h"
#include "backend/accounts/mailbox_service.h"
#include "mailcore/base/utf8.h"

#define DOMAIN_TEXT_MAX 1000
#define DOMAIN_MAX      253
#define LABEL_MAX       63
#define LOCALPART_MAX   64
#define PASSWORD_MIN    8
#define PASSWORD_MAX    1024

/* RFC 5890 LDH label, lower case. */
static bool is_label(struct span label)
{
	if (label.len == 0 || label.len > LABEL_MAX || label.ptr[0] == '-' ||
		label.ptr[label.len - 1] == '-')
		return false;
	for (size_t i = 0; i < label.len; i++) {
		char c = label.ptr[i];
		if (!(c >= 'a' && c <= 'z') && !ascii_is_digit(c) && c != '-')
			return false;
	}
	return true;
}

static bool is_number(struct span label)
{
	for (size_t i = 0; i < label.len; i++) {
		if (!ascii_is_digit(label.ptr[i]))
			return false;
	}
	return true;
}

static bool is_domain(struct span name)
{
	struct span rest = name, label = SPAN("");
	size_t labels = 0;

	if (name.len == 0 || name.len > DOMAIN_MAX)
		return false;
	while (span_split(&rest, '.', &label)) {
		if (!is_label(label))
			return false;
		labels++;
	}
	return labels >= 2 && !is_number(label); /* 192.0.2.1 is no name */
}

enum rc domain_name_normalise(struct ctx *ctx, struct span text, struct span *out, struct err *err)
{
	char *ascii = NULL;

	text = span_trim(text);
	if (span_ends(text, SPAN(".")))
		text.len--;
	bool plain = text.len > 0 && text.len <= DOMAIN_TEXT_MAX && utf8_valid(text) &&
		span_find(text, '\0') == SPAN_NPOS;
	struct span name = SPAN("");
	if (plain &&
		idn2_to_ascii_8z(arena_cstr(ctx->arena, text), &ascii,
			IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) == IDN2_OK) {
		name = arena_span(ctx->arena, span_of(ascii));
		idn2_free(ascii);
	}
	if (!is_domain(name))
		return err_set(err, RC_INVALID, "name",
			"This is not a domain name. It should look like example.org.");
	*out = name;
	return RC_OK;
}

/* Latin letters together with those of another script could be a trap for the eye. */
static bool mixes_scripts(struct span label)
{
	bool latin = false, other = false;
	uint32_t code;

	for (size_t n; label.len > 0; label = span_from(label, n)) {
		n = utf8_decode(label, &code);
		if (n == 0)
			return true;
		latin |= (code < 0x80 && ascii_is_alpha((char)code)) ||
			(code >= 0xC0 && code < 0x250);
		other |= code >= 0x250;
	}
	return latin && other;
}

struct span domain_name_unicode(struct arena *a, struct span name)
{
	char *text = NULL;
	struct span rest, label;

	if (span_find_span(name, SPAN("xn--")) == SPAN_NPOS)
		return name;
	if (idn2_to_unicode_8z8z(arena_cstr(a, name), &text, 0) != IDN2_OK)
		return name;
	struct span out = arena_span(a, span_of(text));
	idn2_free(text);
	rest = out;
	while (span_split(&rest, '.', &label)) {
		if (mixes_scripts(label))
			return name;
	}
	return out;
}

/* RFC 6531: beyond ASCII everything but controls and the space of Latin-1. */
static bool is_utf8_text(struct span text)
{
	uint32_t code;

	for (size_t n; text.len > 0; text = span_from(text, n)) {
		n = utf8_decode(text, &code);
		if (n == 0 || (code >= 0x80 && code <= 0xA0))
			return false;
	}
	return true;
}

/* RFC 5321 Dot-string, RFC 6531 */
static bool is_localpart(struct span text)
{
	static const char extra[] = "!#$%&'*+-/=?^_`{|}~";
	char last = '.';

	if (text.len == 0 || text.len > LOCALPART_MAX || !is_utf8_text(text))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (c == '.' && last == '.')
			return false;
		if (c == '\0' ||
			(c != '.' && !ascii_is_alpha(c) && !ascii_is_digit(c) &&
				(unsigned char)c < 0x80 && !strchr(extra, c)))
			return false;
		last = c;
	}
	return last != '.';
}

enum rc address_normalise(struct ctx *ctx, struct span text, struct span *out_localpart,
	struct span *out_domain, struct err *err)
{
	struct span domain;

	text = span_trim(text);
	size_t at = span_rfind(text, '@');
	struct span local = at == SPAN_NPOS ? SPAN("") : span_sub(text, 0, at);
	if (!is_localpart(local))
		return err_set(err, RC_INVALID, "address",
			"This is not a mail address. It should look like name@example.org.");
	if (domain_name_normalise(ctx, span_from(text, at + 1), &domain, NULL) != RC_OK)
		return err_set(
			err, RC_INVALID, "address", "The part behind the @ is not a domain name.");
	*out_localpart = arena_span(ctx->arena, local);
	*out_domain = domain;
	return RC_OK;
}

enum rc password_check(struct span password, struct span login, struct err *err)
{
	if (password.len < PASSWORD_MIN)
		return err_set(err, RC_INVALID, "password",
			"The password needs at least %d characters.", PASSWORD_MIN);
	if (password.len > PASSWORD_MAX || span_find(password, '\0') != SPAN_NPOS)
		return err_set(err, RC_INVALID, "password",
			"The password may have at most %d bytes.", PASSWORD_MAX);
	if (span_ieq(password, login))
		return err_set(
			err, RC_INVALID, "password", "The password must not be the log-in name.");
	return RC_OK;
}
