/* The wanted records as text to paste. */
#include "backend/dns/zone.h"

bool zone_format_parse(struct span text, enum zone_format *out)
{
	static const char *const names[] = { "bind", "csv", "terraform" };
	for (int i = ZONE_BIND; i <= ZONE_TERRAFORM; i++) {
		if (span_ieq(text, span_of(names[i]))) {
			*out = (enum zone_format)i;
			return true;
		}
	}
	return false;
}

static bool is_txt(const struct record *r)
{
	return span_eq(span_of(r->type), SPAN("TXT"));
}

/* Inside quotes of a zone file or of HCL: backslash before quote and backslash. */
static void add_quoted(struct str *out, struct span text)
{
	str_add_c(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '"' || text.ptr[i] == '\\')
			str_add_c(out, '\\');
		str_add_c(out, text.ptr[i]);
	}
	str_add_c(out, '"');
}

void zone_add_txt(struct str *out, struct span value)
{
	do {
		add_quoted(out, span_sub(value, 0, ZONE_TXT_STRING_MAX));
		value = span_from(value, ZONE_TXT_STRING_MAX);
		if (value.len > 0)
			str_add_c(out, ' ');
	} while (value.len > 0);
}

static void add_bind(struct str *out, const struct record *r)
{
	if (r->label.len == 0)
		str_add_cstr(out, "; set elsewhere: ");
	str_addf(out, SPAN_FMT ". %lld IN %s ", SPAN_ARG(r->name), (long long)r->ttl, r->type);
	if (is_txt(r))
		zone_add_txt(out, r->value);
	else
		str_add(out, r->value);
	str_add_c(out, '\n');
}

/* RFC 4180: quotes doubled. */
static void add_csv_field(struct str *out, struct span text)
{
	str_add_c(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '"')
			str_add_c(out, '"');
		str_add_c(out, text.ptr[i]);
	}
	str_add_c(out, '"');
}

static void add_csv(struct str *out, const struct record *r)
{
	const struct span fields[] = { span_of(r->purpose), r->name, span_of(r->type), r->value,
		span_of(record_need_name(r->need)) };

	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		if (i > 0)
			str_add_c(out, ',');
		if (i == 4)
			str_addf(out, "%lld,", (long long)r->ttl);
		add_csv_field(out, fields[i]);
	}
	str_add_c(out, ',');
	add_csv_field(out, r->label);
	str_add_cstr(out, "\r\n");
}

static void add_resource_name(struct str *out, const struct record *r, size_t index)
{
	str_addf(out, "%s_%zu", r->purpose, index + 1);
}

/* The hashicorp/dns provider's generic shape differs by vendor; these are plain locals that any
 * provider's resource can loop over. */
static void add_terraform(struct str *out, const struct record *r, size_t index)
{
	str_add_cstr(out, "    ");
	add_resource_name(out, r, index);
	str_add_cstr(out, " = { name = ");
	add_quoted(out, r->name);
	str_add_cstr(out, ", label = ");
	add_quoted(out, r->label);
	str_addf(out, ", type = \"%s\", ttl = %lld, value = ", r->type, (long long)r->ttl);
	add_quoted(out, r->value);
	str_add_cstr(out, " }\n");
}

void zone_add(
	struct str *out, struct span domain, const struct records *records, enum zone_format format)
{
	if (format == ZONE_BIND)
		str_addf(out, "; Mail records of " SPAN_FMT "\n", SPAN_ARG(domain));
	if (format == ZONE_CSV)
		str_add_cstr(out, "purpose,name,type,value,ttl,need,label\r\n");
	if (format == ZONE_TERRAFORM)
		str_add_cstr(out, "locals {\n  mail_records = {\n");
	for (size_t i = 0; i < records->len; i++) {
		const struct record *r = &records->items[i];
		if (format == ZONE_BIND)
			add_bind(out, r);
		else if (format == ZONE_CSV)
			add_csv(out, r);
		else if (r->label.len > 0)
			add_terraform(out, r, i);
	}
	if (format == ZONE_TERRAFORM)
		str_add_cstr(out, "  }\n}\n");
}
