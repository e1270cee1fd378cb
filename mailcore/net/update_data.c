/* Records as bytes: out of zone file text, and out of answers. */
#include <string.h>

#include "mailcore/base/base64.h"
#include "mailcore/net/dns_update.h"

static void put_u16(struct str *out, uint64_t n)
{
	str_add_c(out, (char)(n >> 8));
	str_add_c(out, (char)n);
}

static bool put_name(struct str *out, struct span text)
{
	struct dns_name name;
	if (!dns_name_parse(text, &name))
		return false;
	str_add(out, span_make(name.bytes, name.len));
	return true;
}

/* "0 1 993 mail.example.test.": n numbers, then a name. */
static bool put_numbers_and_name(struct str *out, struct span value, unsigned n)
{
	struct span word;
	uint64_t number;

	for (; n > 0; n--) {
		if (!span_split(&value, ' ', &word) || !span_u64(word, 65535, &number))
			return false;
		put_u16(out, number);
	}
	return put_name(out, value);
}

static void put_txt(struct str *out, struct span value)
{
	do {
		struct span part = span_sub(value, 0, 255);
		str_add_c(out, (char)part.len);
		str_add(out, part);
		value = span_from(value, part.len);
	} while (value.len > 0);
}

static bool put_address(struct str *out, struct span value, int family)
{
	struct addr addr;
	if (!addr_parse(value, &addr) || addr.family != family)
		return false;
	str_add(out, span_make(addr.bytes, family == AF_INET ? 4 : 16));
	return true;
}

/* 0 issue "letsencrypt.org" */
static bool put_caa(struct str *out, struct span value)
{
	struct span flags, tag;
	uint64_t number;

	if (!span_split(&value, ' ', &flags) || !span_u64(flags, 255, &number) ||
		!span_split(&value, ' ', &tag) || tag.len == 0 || tag.len > 255 || value.len < 2 ||
		value.ptr[0] != '"' || value.ptr[value.len - 1] != '"')
		return false;
	str_add_c(out, (char)number);
	str_add_c(out, (char)tag.len);
	str_add(out, tag);
	str_add(out, span_sub(value, 1, value.len - 2));
	return true;
}

/* 3 1 1 0123... */
static bool put_tlsa(struct str *out, struct span value)
{
	struct span word;
	uint64_t number;

	for (int i = 0; i < 3; i++) {
		if (!span_split(&value, ' ', &word) || !span_u64(word, 255, &number))
			return false;
		str_add_c(out, (char)number);
	}
	return hex_decode(value, out);
}

static bool put_data(struct str *out, enum dns_type type, struct span value)
{
	switch (type) {
	case DNS_A:
		return put_address(out, value, AF_INET);
	case DNS_AAAA:
		return put_address(out, value, AF_INET6);
	case DNS_CNAME:
		return put_name(out, value);
	case DNS_MX:
		return put_numbers_and_name(out, value, 1);
	case DNS_SRV:
		return put_numbers_and_name(out, value, 3);
	case DNS_TXT:
		put_txt(out, value);
		return true;
	case DNS_CAA:
		return put_caa(out, value);
	case DNS_TLSA:
		return put_tlsa(out, value);
	default:
		return false;
	}
}

bool update_data_of(struct arena *a, enum dns_type type, struct span value, struct span *out)
{
	struct str data = str_in(a, UPDATE_DATA_MAX);

	if (!put_data(&data, type, value) || !str_ok(&data))
		return false;
	*out = str_span(&data);
	return true;
}
