/* Writing XML. */
#include "webui/setup/xml.h"

#include <stdio.h>

static void add_char(struct str *out, char c)
{
	switch (c) {
	case '&':
		str_add_cstr(out, "&amp;");
		return;
	case '<':
		str_add_cstr(out, "&lt;");
		return;
	case '>':
		str_add_cstr(out, "&gt;");
		return;
	case '"':
		str_add_cstr(out, "&quot;");
		return;
	case '\'':
		str_add_cstr(out, "&#39;");
		return;
	default:
		break;
	}
	if ((unsigned char)c < 0x20 && c != '\t' && c != '\n' && c != '\r')
		str_add_cstr(out, "\xef\xbf\xbd");
	else
		str_add_c(out, c);
}

void xml_add_text(struct str *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		add_char(out, text.ptr[i]);
}

void xml_add(struct str *out, const char *name, struct span text)
{
	str_addf(out, "<%s>", name);
	xml_add_text(out, text);
	str_addf(out, "</%s>\n", name);
}

void xml_add_number(struct str *out, const char *name, unsigned number)
{
	str_addf(out, "<%s>%u</%s>\n", name, number, name);
}
