/* CSV. */
#include "backend/accounts/csv.h"

#include "mailcore/base/utf8.h"

void csv_begin(struct csv *in, struct span text)
{
	size_t commas = 0, semicolons = 0;

	if (span_starts(text, SPAN("\xEF\xBB\xBF")))
		text = span_from(text, 3);
	for (size_t i = 0; i < text.len && text.ptr[i] != '\n'; i++) {
		commas += text.ptr[i] == ',';
		semicolons += text.ptr[i] == ';';
	}
	*in = (struct csv){ .rest = text, .separator = semicolons > commas ? ';' : ',' };
}

/* Moves past the end of the line. */
static void skip_line(struct csv *in)
{
	size_t end = span_find(in->rest, '\n');

	in->rest =
		end == SPAN_NPOS ? span_from(in->rest, in->rest.len) : span_from(in->rest, end + 1);
	in->lines_read++;
}

/* field = DQUOTE *( TEXTDATA / separator / CR / LF / 2DQUOTE ) DQUOTE */
static bool read_quoted(struct csv *in, struct arena *a, struct span *out)
{
	struct span s = in->rest;
	char *text = arena_alloc(a, CSV_FIELD_MAX);
	size_t n = 0, i = 1;

	for (; i < s.len && n < CSV_FIELD_MAX; i++) {
		if (s.ptr[i] == '"') {
			if (i + 1 >= s.len || s.ptr[i + 1] != '"')
				break;
			i++;
		}
		in->lines_read += s.ptr[i] == '\n';
		text[n++] = s.ptr[i];
	}
	if (i >= s.len || s.ptr[i] != '"')
		return false;
	*out = span_make(text, n);
	in->rest = span_from(s, i + 1);
	return true;
}

static bool read_plain(struct csv *in, struct span *out)
{
	size_t n = 0;

	while (n < in->rest.len && in->rest.ptr[n] != in->separator && in->rest.ptr[n] != '\n')
		n++;
	*out = span_trim(span_sub(in->rest, 0, n));
	in->rest = span_from(in->rest, n);
	return n <= CSV_FIELD_MAX;
}

static bool read_field(struct csv *in, struct arena *a, struct span *out)
{
	if (in->rest.len > 0 && in->rest.ptr[0] == '"')
		return read_quoted(in, a, out) && utf8_valid(*out);
	return read_plain(in, out) && utf8_valid(*out) && span_find(*out, '\0') == SPAN_NPOS;
}

/* After a field: another one, or the end of the row. */
static bool more_follows(struct csv *in, bool *out_bad)
{
	struct span s = in->rest;

	*out_bad = false;
	if (s.len > 0 && s.ptr[0] == in->separator) {
		in->rest = span_from(s, 1);
		return true;
	}
	if (s.len > 0 && s.ptr[0] == '\r')
		s = span_from(s, 1);
	*out_bad = s.len > 0 && s.ptr[0] != '\n';
	in->rest = s;
	return false;
}

static bool read_row(struct csv *in, struct arena *a, struct csv_row *out)
{
	bool bad = false, more = true;

	out->len = 0;
	while (more) {
		if (out->len == CSV_FIELDS_MAX || !read_field(in, a, &out->fields[out->len]))
			return false;
		out->len++;
		more = more_follows(in, &bad);
	}
	return !bad;
}

static bool is_empty(const struct csv_row *row)
{
	return row->len == 1 && row->fields[0].len == 0;
}

enum csv_result csv_next(struct csv *in, struct arena *a, struct csv_row *out)
{
	while (in->rest.len > 0) {
		in->line = in->lines_read + 1;
		bool good = read_row(in, a, out);
		skip_line(in);
		if (!good)
			return CSV_BAD;
		if (!is_empty(out))
			return CSV_ROW;
	}
	return CSV_END;
}

void csv_add(struct str *out, struct span field, bool is_last)
{
	bool formula = field.len > 0 && strchr("=+-@\t", field.ptr[0]);
	bool quoted = formula;

	for (size_t i = 0; !quoted && i < field.len; i++)
		quoted = strchr(",;\"\r\n", field.ptr[i]) != NULL;
	if (quoted)
		str_add_c(out, '"');
	if (formula)
		str_add_c(out, '\'');
	for (size_t i = 0; i < field.len; i++) {
		if (field.ptr[i] == '"')
			str_add_c(out, '"');
		str_add_c(out, field.ptr[i]);
	}
	if (quoted)
		str_add_c(out, '"');
	str_add_cstr(out, is_last ? "\r\n" : ",");
}
