/* The cleaner of message HTML: see html_clean.h. */
#include "webui/mail/html_clean.h"

#include "webui/mail/css_clean.h"
#include "webui/mail/html_token.h"
#include "webui/view/html.h"

enum element_flag {
	ELEMENT_VOID = 1,
	ELEMENT_BLOCK = 2,   /* ends an open p */
	ELEMENT_TABLE = 4,   /* table, tr, td ...: end tags of others do not reach beyond */
	ELEMENT_DROP = 8,    /* with its content */
	ELEMENT_ONE = 16,    /* an open one of its kind ends first: li, td, tr ... */
	ELEMENT_AS_DIV = 32, /* body */
};

struct element {
	const char *name;
	unsigned flags;
};

/* What is not here loses its tags and keeps its text. */
static const struct element elements[] = {
	{ "a", ELEMENT_ONE },
	{ "abbr", 0 },
	{ "address", ELEMENT_BLOCK },
	{ "applet", ELEMENT_DROP },
	{ "article", ELEMENT_BLOCK },
	{ "aside", ELEMENT_BLOCK },
	{ "audio", ELEMENT_DROP },
	{ "b", 0 },
	{ "bdi", 0 },
	{ "bdo", 0 },
	{ "big", 0 },
	{ "blockquote", ELEMENT_BLOCK },
	{ "body", ELEMENT_BLOCK | ELEMENT_AS_DIV },
	{ "br", ELEMENT_VOID },
	{ "canvas", ELEMENT_DROP },
	{ "caption", ELEMENT_TABLE },
	{ "center", ELEMENT_BLOCK },
	{ "cite", 0 },
	{ "code", 0 },
	{ "col", ELEMENT_VOID },
	{ "colgroup", ELEMENT_TABLE | ELEMENT_ONE },
	{ "dd", ELEMENT_BLOCK | ELEMENT_ONE },
	{ "del", 0 },
	{ "dfn", 0 },
	{ "div", ELEMENT_BLOCK },
	{ "dl", ELEMENT_BLOCK },
	{ "dt", ELEMENT_BLOCK | ELEMENT_ONE },
	{ "em", 0 },
	{ "figcaption", ELEMENT_BLOCK },
	{ "figure", ELEMENT_BLOCK },
	{ "font", 0 },
	{ "footer", ELEMENT_BLOCK },
	{ "frameset", ELEMENT_DROP },
	{ "h1", ELEMENT_BLOCK },
	{ "h2", ELEMENT_BLOCK },
	{ "h3", ELEMENT_BLOCK },
	{ "h4", ELEMENT_BLOCK },
	{ "h5", ELEMENT_BLOCK },
	{ "h6", ELEMENT_BLOCK },
	{ "header", ELEMENT_BLOCK },
	{ "hr", ELEMENT_VOID | ELEMENT_BLOCK },
	{ "i", 0 },
	{ "iframe", ELEMENT_DROP },
	{ "img", ELEMENT_VOID },
	{ "ins", 0 },
	{ "kbd", 0 },
	{ "li", ELEMENT_BLOCK | ELEMENT_ONE },
	{ "main", ELEMENT_BLOCK },
	{ "mark", 0 },
	{ "math", ELEMENT_DROP },
	{ "nav", ELEMENT_BLOCK },
	{ "noembed", ELEMENT_DROP },
	{ "noframes", ELEMENT_DROP },
	{ "object", ELEMENT_DROP },
	{ "ol", ELEMENT_BLOCK },
	{ "p", ELEMENT_BLOCK },
	{ "pre", ELEMENT_BLOCK },
	{ "q", 0 },
	{ "s", 0 },
	{ "samp", 0 },
	{ "script", ELEMENT_DROP },
	{ "section", ELEMENT_BLOCK },
	{ "select", ELEMENT_DROP },
	{ "small", 0 },
	{ "span", 0 },
	{ "strike", 0 },
	{ "strong", 0 },
	{ "style", ELEMENT_DROP },
	{ "sub", 0 },
	{ "sup", 0 },
	{ "svg", ELEMENT_DROP },
	{ "table", ELEMENT_TABLE },
	{ "tbody", ELEMENT_TABLE | ELEMENT_ONE },
	{ "td", ELEMENT_TABLE | ELEMENT_ONE },
	{ "template", ELEMENT_DROP },
	{ "textarea", ELEMENT_DROP },
	{ "tfoot", ELEMENT_TABLE | ELEMENT_ONE },
	{ "th", ELEMENT_TABLE | ELEMENT_ONE },
	{ "thead", ELEMENT_TABLE | ELEMENT_ONE },
	{ "time", 0 },
	{ "title", ELEMENT_DROP },
	{ "tr", ELEMENT_TABLE | ELEMENT_ONE },
	{ "tt", 0 },
	{ "u", 0 },
	{ "ul", ELEMENT_BLOCK },
	{ "var", 0 },
	{ "video", ELEMENT_DROP },
	{ "wbr", ELEMENT_VOID },
	{ "xmp", ELEMENT_DROP },
};

struct clean {
	struct arena *arena;
	const struct html_clean_options *options;
	struct html_clean_stats *stats;
	struct str out;
	const struct element *open[HTML_CLEAN_DEPTH_MAX];
	size_t depth;
	char dropping[HTML_NAME_MAX + 1]; /* "" or the element whose content is dropped */
	size_t drop_depth;
};

static const struct element *element_find(const char *name)
{
	size_t low = 0, high = sizeof elements / sizeof elements[0];
	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = strcmp(elements[mid].name, name);
		if (order == 0)
			return &elements[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static bool is_named(const struct element *e, const char *name)
{
	return strcmp(e->name, name) == 0;
}

/* ------------------------------------------------------------------ attributes */

enum attr_rule { ATTR_TEXT, ATTR_SIMPLE };

static const struct {
	const char *name;
	enum attr_rule rule;
} attributes[] = {
	{ "abbr", ATTR_TEXT },
	{ "align", ATTR_SIMPLE },
	{ "alt", ATTR_TEXT },
	{ "bgcolor", ATTR_SIMPLE },
	{ "border", ATTR_SIMPLE },
	{ "cellpadding", ATTR_SIMPLE },
	{ "cellspacing", ATTR_SIMPLE },
	{ "clear", ATTR_SIMPLE },
	{ "color", ATTR_SIMPLE },
	{ "cols", ATTR_SIMPLE },
	{ "colspan", ATTR_SIMPLE },
	{ "datetime", ATTR_TEXT },
	{ "dir", ATTR_SIMPLE },
	{ "face", ATTR_TEXT },
	{ "height", ATTR_SIMPLE },
	{ "hspace", ATTR_SIMPLE },
	{ "lang", ATTR_SIMPLE },
	{ "noshade", ATTR_SIMPLE },
	{ "nowrap", ATTR_SIMPLE },
	{ "reversed", ATTR_SIMPLE },
	{ "role", ATTR_SIMPLE },
	{ "rowspan", ATTR_SIMPLE },
	{ "rules", ATTR_SIMPLE },
	{ "scope", ATTR_SIMPLE },
	{ "size", ATTR_SIMPLE },
	{ "span", ATTR_SIMPLE },
	{ "start", ATTR_SIMPLE },
	{ "title", ATTR_TEXT },
	{ "type", ATTR_SIMPLE },
	{ "valign", ATTR_SIMPLE },
	{ "vspace", ATTR_SIMPLE },
	{ "width", ATTR_SIMPLE },
};

#define ATTR_SIMPLE_MAX 64
#define ATTR_TEXT_MAX   4000 /* as it is written */

static bool is_simple(struct span value)
{
	for (size_t i = 0; i < value.len; i++) {
		char c = value.ptr[i];
		if (!ascii_is_alpha(c) && !ascii_is_digit(c) && !memchr("#%.,-+ ", c, 7))
			return false;
	}
	return value.len <= ATTR_SIMPLE_MAX;
}

static void attr_add(struct clean *c, const char *name, struct span value)
{
	str_add_c(&c->out, ' ');
	str_add_cstr(&c->out, name);
	str_add_cstr(&c->out, "=\"");
	html_add_text(&c->out, value);
	str_add_c(&c->out, '"');
}

/* Its length is judged as it is written, because writing may lengthen it: what is passed now must be passed again. */
static void text_attr_add(struct clean *c, const char *name, struct span value)
{
	struct str written = str_in(c->arena, ATTR_TEXT_MAX);
	html_add_text(&written, value);
	if (str_ok(&written))
		attr_add(c, name, value);
}

static void plain_attr_add(struct clean *c, const struct html_attr *attr)
{
	for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
		if (strcmp(attributes[i].name, attr->name) != 0)
			continue;
		if (attributes[i].rule == ATTR_TEXT)
			text_attr_add(c, attributes[i].name, attr->value);
		else if (is_simple(attr->value))
			attr_add(c, attributes[i].name, attr->value);
		return;
	}
}

static void style_add(struct clean *c, struct span value)
{
	struct str style = str_in(c->arena, CSS_STYLE_MAX);
	css_clean(&style, value, &c->stats->remote);
	if (str_ok(&style) && style.len > 0)
		attr_add(c, "style", str_span(&style));
}

/* As the URL standard reads it: no control characters or spaces around, no tabs and line ends
 * inside. */
static struct span url_tidied(struct arena *a, struct span url)
{
	while (url.len > 0 && (unsigned char)url.ptr[0] <= ' ')
		url = span_from(url, 1);
	while (url.len > 0 && (unsigned char)url.ptr[url.len - 1] <= ' ')
		url.len--;
	struct str out = str_in(a, url.len + 1);
	for (size_t i = 0; i < url.len; i++) {
		if (!memchr("\t\r\n", url.ptr[i], 3))
			str_add_c(&out, url.ptr[i]);
	}
	return str_span(&out);
}

static bool url_has_scheme(struct span url, const char *const *schemes)
{
	for (; *schemes; schemes++) {
		if (span_istarts(url, span_of(*schemes)))
			return true;
	}
	return false;
}

static void link_add(struct clean *c, const struct html_token *token)
{
	static const char *const schemes[] = { "https://", "http://", "mailto:", "tel:", NULL };
	const struct html_attr *href = html_attr_find(token, "href");
	if (!href)
		return;
	struct span url = url_tidied(c->arena, href->value);
	if (!url_has_scheme(url, schemes))
		return;
	attr_add(c, "href", url);
	attr_add(c, "target", SPAN("_blank"));
	attr_add(c, "rel", SPAN("noopener noreferrer"));
}

/* ------------------------------------------------------------------ images */

static bool is_pixel(const struct html_token *token)
{
	const struct html_attr *width = html_attr_find(token, "width");
	const struct html_attr *height = html_attr_find(token, "height");
	uint64_t w, h;
	return width && height && span_u64(span_trim(width->value), 1, &w) &&
		span_u64(span_trim(height->value), 1, &h);
}

static bool data_is_image(struct span url)
{
	static const char *const kinds[] = { "data:image/png;base64,", "data:image/gif;base64,",
		"data:image/jpeg;base64,", "data:image/jpg;base64,", "data:image/webp;base64,",
		NULL };
	if (!url_has_scheme(url, kinds))
		return false;
	for (size_t i = span_find(url, ',') + 1; i < url.len; i++) {
		char ch = url.ptr[i];
		if (!ascii_is_alpha(ch) && !ascii_is_digit(ch) && !memchr("+/=% ", ch, 5))
			return false;
	}
	return true;
}

/* ptr is NULL: no image. */
static struct span image_url(struct clean *c, const struct html_token *token)
{
	static const char *const remote[] = { "http:", "https:", "//", NULL };
	const struct html_attr *src = html_attr_find(token, "src");
	if (!src)
		return SPAN_NONE;
	struct span url = url_tidied(c->arena, src->value);
	if (data_is_image(url))
		return url;
	if (span_istarts(url, SPAN("cid:")))
		return c->options->cid_url ? c->options->cid_url(span_from(url, 4), c->options->arg)
					   : SPAN_NONE;
	if (!url_has_scheme(url, remote))
		return SPAN_NONE;
	c->stats->remote++;
	bool wanted = c->options->remote_images && span_istarts(url, SPAN("https://"));
	return wanted && !is_pixel(token) ? url : SPAN_NONE;
}

static void attrs_add(struct clean *c, const struct element *e, const struct html_token *token)
{
	for (size_t i = 0; i < token->n_attrs; i++) {
		const struct html_attr *attr = &token->attrs[i];
		if (strcmp(attr->name, "style") == 0)
			style_add(c, attr->value);
		else if (strcmp(attr->name, "background") == 0)
			c->stats->remote++;
		else
			plain_attr_add(c, attr);
	}
	if (is_named(e, "a"))
		link_add(c, token);
	if (is_named(e, "img")) {
		struct span url = image_url(c, token);
		if (url.ptr)
			attr_add(c, "src", url);
		if (!html_attr_find(token, "alt"))
			attr_add(c, "alt", SPAN(""));
	}
}

/* ------------------------------------------------------------------ elements */

static void close_top(struct clean *c)
{
	const struct element *e = c->open[--c->depth];
	str_add_cstr(&c->out, "</");
	str_add_cstr(&c->out, e->name);
	str_add_c(&c->out, '>');
}

static void close_down_to(struct clean *c, size_t depth)
{
	while (c->depth > depth)
		close_top(c);
}

/* Index of the innermost open element of this name that an end tag may reach; depth when none. */
static size_t find_open(const struct clean *c, const struct element *e)
{
	for (size_t i = c->depth; i-- > 0;) {
		if (is_named(c->open[i], e->name))
			return i;
		bool table_wall = is_named(c->open[i], "table") && e->flags & ELEMENT_ONE;
		if (table_wall ||
			(c->open[i]->flags & ELEMENT_TABLE && !(e->flags & ELEMENT_TABLE)))
			break;
	}
	return c->depth;
}

static bool is_list(const struct element *e)
{
	return is_named(e, "ul") || is_named(e, "ol") || is_named(e, "dl");
}

/* The browser would end these itself; we do so that our stack stays like its. */
static void close_implied(struct clean *c, const struct element *e)
{
	if (e->flags & ELEMENT_BLOCK && c->depth > 0 && is_named(c->open[c->depth - 1], "p"))
		close_top(c);
	if (!(e->flags & ELEMENT_ONE))
		return;
	for (size_t i = c->depth; i-- > 0;) {
		if (is_named(c->open[i], e->name)) {
			close_down_to(c, i);
			return;
		}
		if (is_list(c->open[i]) || is_named(c->open[i], "table") ||
			(c->open[i]->flags & ELEMENT_TABLE && !(e->flags & ELEMENT_TABLE)))
			return;
		bool cells = is_named(c->open[i], "tr") && (is_named(e, "td") || is_named(e, "th"));
		if (cells)
			return;
	}
}

static void start_element(struct clean *c, const struct html_token *token)
{
	const struct element *e = element_find(token->name);
	if (!e)
		return;
	if (e->flags & ELEMENT_DROP) {
		memcpy(c->dropping, token->name, sizeof c->dropping);
		c->drop_depth = 1;
		return;
	}
	close_implied(c, e);
	if (e->flags & ELEMENT_AS_DIV)
		e = element_find("div");
	bool is_void = e->flags & ELEMENT_VOID;
	if (!is_void && c->depth == HTML_CLEAN_DEPTH_MAX)
		return;

	str_add_c(&c->out, '<');
	str_add_cstr(&c->out, e->name);
	attrs_add(c, e, token);
	str_add_c(&c->out, '>');
	if (!is_void)
		c->open[c->depth++] = e;
}

static void end_element(struct clean *c, const struct html_token *token)
{
	const struct element *e = element_find(token->name);
	if (!e || e->flags & (ELEMENT_VOID | ELEMENT_AS_DIV))
		return;
	size_t at = find_open(c, e);
	if (at < c->depth)
		close_down_to(c, at);
}

static void drop_token(struct clean *c, const struct html_token *token)
{
	if (token->kind == HTML_TEXT || strcmp(token->name, c->dropping) != 0)
		return;
	if (token->kind == HTML_END)
		c->drop_depth--;
	else if (!token->self_closing)
		c->drop_depth++;
	if (c->drop_depth == 0)
		c->dropping[0] = '\0';
}

struct html html_clean(struct arena *a, struct span html, const struct html_clean_options *options,
	struct html_clean_stats *out)
{
	*out = (struct html_clean_stats){ 0 };
	struct clean *c = arena_zalloc(a, sizeof *c);
	c->arena = a;
	c->options = options;
	c->stats = out;
	c->out = str_in(a, HTML_CLEAN_OUTPUT_MAX);

	struct html_tokens tokens;
	struct html_token *token = arena_zalloc(a, sizeof *token);
	html_tokens_init(&tokens, a, span_sub(html, 0, HTML_CLEAN_INPUT_MAX));
	while (html_token_next(&tokens, token)) {
		if (c->dropping[0])
			drop_token(c, token);
		else if (token->kind == HTML_TEXT)
			html_add_text(&c->out, token->text);
		else if (token->kind == HTML_START)
			start_element(c, token);
		else
			end_element(c, token);
	}
	close_down_to(c, 0);
	return (struct html){ str_span(&c->out) };
}
