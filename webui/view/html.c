/* HTML and URL escaping: see html.h. */
#include "webui/view/html.h"

#include "mailcore/base/utf8.h"

static const char *entity_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

static bool is_plain(unsigned char c)
{
	return c >= ' ' ? c != 0x7f : c == '\t' || c == '\n' || c == '\r';
}

/* Appends the first character of text and returns its length. */
static size_t add_special(struct str *out, struct span text)
{
	const char *entity = entity_of(*text.ptr);
	if (entity) {
		str_add_cstr(out, entity);
		return 1;
	}

	uint32_t code;
	size_t len = utf8_decode(text, &code);
	bool noncharacter =
		len && ((code & 0xfffe) == 0xfffe || (code >= 0xfdd0 && code <= 0xfdef));
	bool c1 = len && code >= 0x7f && code < 0xa0;
	if (len < 2 || noncharacter || c1) {
		utf8_add(out, 0xfffd);
		return len ? len : 1;
	}
	str_add(out, span_sub(text, 0, len));
	return len;
}

void html_add_text(struct str *out, struct span text)
{
	size_t done = 0;
	while (done < text.len) {
		size_t run = done;
		while (run < text.len && (unsigned char)text.ptr[run] < 0x80 &&
			is_plain((unsigned char)text.ptr[run]) && !entity_of(text.ptr[run]))
			run++;
		str_add(out, span_sub(text, done, run - done));
		done = run;
		if (done < text.len)
			done += add_special(out, span_from(text, done));
	}
}

void url_add_component(struct str *out, struct span text)
{
	static const char hex[] = "0123456789ABCDEF";
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		bool keep = ascii_is_alpha((char)c) || ascii_is_digit((char)c) || c == '-' ||
			c == '.' || c == '_' || c == '~' || c == '@';
		if (keep) {
			str_add_c(out, (char)c);
			continue;
		}
		str_add_c(out, '%');
		str_add_c(out, hex[c >> 4]);
		str_add_c(out, hex[c & 15]);
	}
}

bool url_is_safe(struct span url)
{
	for (size_t i = 0; i < url.len; i++) {
		if ((unsigned char)url.ptr[i] <= ' ' || url.ptr[i] == '\\')
			return false;
	}
	if (url.len == 0)
		return false;
	if (url.ptr[0] == '/')
		return url.len == 1 || url.ptr[1] != '/';
	if (url.ptr[0] == '#' || url.ptr[0] == '?')
		return true;
	return span_istarts(url, SPAN("https://")) || span_istarts(url, SPAN("http://")) ||
		span_istarts(url, SPAN("mailto:")) ||
		span_istarts(url, SPAN("otpauth://totp/")); /* opens an authenticator app */
}
