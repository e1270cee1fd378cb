/* smtp://user:password@host:port; see smarthost.h. */
#include "mailcore/directory/smarthost.h"

#include "mailcore/base/str.h"
#include "mailcore/net/addr.h"

static enum rc bad(struct err *err, const char *what)
{
	return err_set(err, RC_INVALID, "smarthost",
		"A smarthost is written smtp://user:password@host:port; %s.", what);
}

/* RFC 3986 §2.1 */
static bool decode_percent(struct span text, struct str *out)
{
	for (size_t i = 0; i < text.len; i++) {
		int high, low;
		if (text.ptr[i] != '%') {
			str_add_c(out, text.ptr[i]);
			continue;
		}
		if (i + 2 >= text.len)
			return false;
		high = ascii_hex(text.ptr[i + 1]);
		low = ascii_hex(text.ptr[i + 2]);
		if (high < 0 || low < 0 || high * 16 + low == 0)
			return false;
		str_add_c(out, (char)(high * 16 + low));
		i += 2;
	}
	return str_ok(out);
}

static bool copy_text(struct span from, char *to, size_t cap)
{
	if (from.len >= cap)
		return false;
	for (size_t i = 0; i < from.len; i++)
		to[i] = from.ptr[i];
	to[from.len] = '\0';
	return true;
}

static enum rc parse_user(struct span text, struct smarthost *out, struct err *err)
{
	size_t colon = span_find(text, ':');
	struct str user, password;

	if (colon == SPAN_NPOS || colon == 0)
		return bad(err, "user and password are wanted, or neither");
	str_init(&user, sizeof out->user - 1);
	str_init(&password, SMARTHOST_URL_MAX);
	bool ok = decode_percent(span_sub(text, 0, colon), &user) &&
		decode_percent(span_from(text, colon + 1), &password) &&
		span_find(str_span(&user), '\0') == SPAN_NPOS &&
		copy_text(str_span(&user), out->user, sizeof out->user);
	if (ok)
		out->password = secret_of(str_span(&password));
	if (password.ptr)
		explicit_bzero(password.ptr, password.cap);
	str_done(&user);
	str_done(&password);
	return ok ? RC_OK : bad(err, "user or password cannot be read");
}

static bool is_host_name(struct span host)
{
	for (size_t i = 0; i < host.len; i++) {
		char c = host.ptr[i];
		if (!ascii_is_alpha(c) && !ascii_is_digit(c) && c != '-' && c != '.' && c != '_')
			return false;
	}
	return host.len > 0 && host.ptr[0] != '.' && host.ptr[0] != '-';
}

/* host, host:port, [2001:db8::1]:port */
static enum rc parse_host(struct span text, struct smarthost *out, struct err *err)
{
	size_t bracket = span_find(text, ']');
	size_t colon = span_rfind(text, ':');
	bool literal = span_starts(text, SPAN("[")) && bracket != SPAN_NPOS;
	struct span host = literal ? span_sub(text, 1, bracket - 1) : span_sub(text, 0, colon);
	struct span port = SPAN_NONE;
	struct addr a;
	uint64_t number = out->implicit_tls ? 465 : 25;

	if (literal)
		port = span_from(text, bracket + 1);
	else if (colon != SPAN_NPOS)
		port = span_from(text, colon);
	if (port.len > 0 &&
		(port.ptr[0] != ':' || !span_u64(span_from(port, 1), 65535, &number) ||
			number == 0))
		return bad(err, "the port is no number");
	if (literal ? !addr_parse(host, &a) : !is_host_name(host))
		return bad(err, "the host cannot be read");
	if (!copy_text(host, out->host, sizeof out->host))
		return bad(err, "the host is too long");
	for (char *p = out->host; *p; p++)
		*p = ascii_lower(*p);
	out->port = (uint16_t)number;
	return RC_OK;
}

enum rc smarthost_parse(struct span url, struct smarthost *out, struct err *err)
{
	struct smarthost s = { 0 };
	enum rc rc = RC_OK;

	if (url.len > SMARTHOST_URL_MAX)
		return bad(err, "this is too long");
	if (span_istarts(url, SPAN("smtps://")))
		s.implicit_tls = true;
	else if (!span_istarts(url, SPAN("smtp://")))
		return bad(err, "it begins with smtp:// or smtps://");
	struct span rest = span_from(url, span_find(url, ':') + 3);
	if (span_ends(rest, SPAN("/")))
		rest.len--;
	size_t at = span_rfind(rest, '@');
	if (at != SPAN_NPOS) {
		rc = parse_user(span_sub(rest, 0, at), &s, err);
		rest = span_from(rest, at + 1);
	}
	if (rc == RC_OK)
		rc = parse_host(rest, &s, err);
	if (rc != RC_OK) {
		smarthost_done(&s);
		return rc;
	}
	*out = s;
	return RC_OK;
}

void smarthost_done(struct smarthost *s)
{
	secret_done(&s->password);
}
