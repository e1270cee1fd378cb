/* Plain text as markup: see html_clean.h. */
#include "mailcore/base/cur.h"
#include "webui/mail/html_clean.h"
#include "webui/view/html.h"

#define TEXT_HTML_MAX (24u << 20)

static bool ends_url(char c)
{
	return (unsigned char)c <= ' ' || c == '<' || c == '>' || c == '"';
}

/* The address at the cursor, without the punctuation that ends a sentence. */
static struct span url_at(struct span text)
{
	size_t len = 0;
	bool web = span_istarts(text, SPAN("https://")) || span_istarts(text, SPAN("http://"));
	if (!web)
		return SPAN_NONE;
	while (len < text.len && !ends_url(text.ptr[len]))
		len++;
	while (len > 0 && memchr(".,;:!?)]}'", text.ptr[len - 1], 10))
		len--;
	return len > 8 ? span_sub(text, 0, len) : SPAN_NONE;
}

static void line_add(struct str *out, struct span line)
{
	size_t done = 0;
	for (size_t i = 0; i < line.len; i++) {
		if (line.ptr[i] != 'h' && line.ptr[i] != 'H')
			continue;
		struct span url = url_at(span_from(line, i));
		if (!url.ptr)
			continue;
		html_add_text(out, span_sub(line, done, i - done));
		str_add_cstr(out, "<a target=\"_blank\" rel=\"noopener noreferrer\" href=\"");
		html_add_text(out, url);
		str_add_cstr(out, "\">");
		html_add_text(out, url);
		str_add_cstr(out, "</a>");
		done = i + url.len;
		i = done - 1;
	}
	html_add_text(out, span_from(line, done));
}

struct html html_of_text(struct arena *a, struct span text)
{
	struct str out = str_in(a, TEXT_HTML_MAX);
	bool quoted = false;
	struct span line;
	while (span_split(&text, '\n', &line)) {
		if (line.len > 0 && line.ptr[line.len - 1] == '\r')
			line.len--;
		bool quote = line.len > 0 && line.ptr[0] == '>';
		if (quote != quoted)
			str_add_cstr(&out, quote ? "<span class=\"quote\">" : "</span>");
		quoted = quote;
		line_add(&out, line);
		str_add_c(&out, '\n');
	}
	if (quoted)
		str_add_cstr(&out, "</span>");
	return (struct html){ str_span(&out) };
}
