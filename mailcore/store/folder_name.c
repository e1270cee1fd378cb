#include "mailcore/store/folder_name.h"

#include "mailcore/base/utf8.h"
#include "mailcore/mime/charset.h"

static bool is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029;
}

static bool has_control(struct span s)
{
	while (s.len) {
		uint32_t code;
		size_t n = utf8_decode(s, &code);
		if (n == 0 || is_control(code))
			return true;
		s = span_from(s, n);
	}
	return false;
}

static bool levels_ok(struct span name)
{
	size_t levels = 0;
	struct span rest = name;
	struct span level;
	while (span_split(&rest, '/', &level))
		if (level.len == 0 || ++levels > FOLDER_LEVELS_MAX)
			return false;
	return name.len && name.ptr[name.len - 1] != '/';
}

bool folder_name_parse(struct arena *a, struct span text, struct span *out)
{
	if (text.len == 0 || text.len > FOLDER_NAME_MAX || !utf8_valid(text) || has_control(text) ||
		!levels_ok(text))
		return false;
	struct str composed = str_in(a, FOLDER_NAME_MAX);
	charset_nfc_add(&composed, text);
	if (!str_ok(&composed))
		return false;
	struct span name = str_span(&composed);
	size_t root = span_find(name, '/');
	root = root == SPAN_NPOS ? name.len : root;
	if (span_ieq(span_sub(name, 0, root), SPAN("INBOX"))) {
		char *copy = arena_cstr(a, name);
		memcpy(copy, "INBOX", 5);
		name = span_make(copy, name.len);
	}
	*out = name;
	return true;
}

struct span folder_name_parent(struct span name)
{
	size_t slash = span_rfind(name, '/');
	return slash == SPAN_NPOS ? SPAN("") : span_sub(name, 0, slash);
}
