/* The names under which we answer; anything else is 421. */
#include "backend/http/dispatch.h"
#include "mailcore/base/map.h"

#define HOST_MAX 255

struct hosts {
	struct map names;
	struct arena arena;
};

static bool is_host_char(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '.' || c == '-' || c == '_' ||
		c == ':' || c == '[' || c == ']';
}

static bool is_host_text(struct span text)
{
	if (text.len == 0 || text.len > HOST_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (!is_host_char(text.ptr[i]))
			return false;
	}
	return true;
}

static struct span lower(struct arena *a, struct span text)
{
	char *copy = arena_cstr(a, text);
	for (size_t i = 0; i < text.len; i++)
		copy[i] = ascii_lower(copy[i]);
	return span_make(copy, text.len);
}

/* Where the name ends: at the colon of the port, or at the end. False: brackets or colons where
 * none may be. */
static bool find_end(struct span field, size_t *out)
{
	size_t end = span_find(field, ':');

	if (field.ptr[0] == '[') { /* [2001:db8::1]:443 */
		size_t close = span_find(field, ']');
		if (close == SPAN_NPOS || span_find(span_from(field, 1), '[') != SPAN_NPOS)
			return false;
		end = close + 1;
	} else if (span_find(field, '[') != SPAN_NPOS || span_find(field, ']') != SPAN_NPOS) {
		return false;
	}
	*out = end < field.len ? end : field.len;
	return *out == field.len || field.ptr[*out] == ':';
}

/* No empty label: what is split once splits again the same. */
static bool has_labels(struct span name)
{
	return name.len > 0 && name.ptr[0] != '.' && !span_ends(name, SPAN(".")) &&
		span_find_span(name, SPAN("..")) == SPAN_NPOS;
}

bool host_split(struct arena *a, struct span field, struct span *out_name, struct span *out_port)
{
	uint64_t port;
	size_t end;

	if (!is_host_text(field) || !find_end(field, &end))
		return false;
	struct span name = span_sub(field, 0, end);
	*out_port = span_from(field, end + 1);
	if (out_port->len > 0 && !span_u64(*out_port, 65535, &port))
		return false;
	if (span_ends(name, SPAN(".")))
		name.len--;
	*out_name = lower(a, name);
	return has_labels(name);
}

static void add(struct hosts *h, struct span field)
{
	struct span name, port;

	field = span_trim(field);
	if (field.len > 0 && host_split(&h->arena, field, &name, &port))
		(void)map_put(&h->names, name, h); /* twice is fine */
}

/* https://panel.example.net:8443/x */
static struct span url_host(struct span url)
{
	size_t at = span_find_span(url, SPAN("://"));
	struct span rest = at == SPAN_NPOS ? url : span_from(url, at + 3);
	size_t slash = span_find(rest, '/');
	return slash == SPAN_NPOS ? rest : span_sub(rest, 0, slash);
}

struct hosts *hosts_new(const char *names, const char *hostname, const char *url)
{
	struct hosts *h = heap_zalloc(sizeof *h);
	struct span rest = names ? span_of(names) : SPAN_NONE, name;

	map_init(&h->names);
	arena_init(&h->arena, 1024);
	while (span_split(&rest, ',', &name))
		add(h, name);
	add(h, hostname ? span_of(hostname) : SPAN(""));
	add(h, url_host(url ? span_of(url) : SPAN("")));
	add(h, SPAN("localhost"));
	add(h, SPAN("127.0.0.1"));
	add(h, SPAN("[::1]"));
	return h;
}

void hosts_free(struct hosts *h)
{
	if (!h)
		return;
	map_done(&h->names);
	arena_done(&h->arena);
	heap_free(h);
}

bool hosts_has(const struct hosts *h, struct span host)
{
	struct arena a;
	struct span name, port;

	arena_init(&a, 512);
	bool has = host_split(&a, host, &name, &port) && map_get(&h->names, name);
	arena_done(&a);
	return has;
}
