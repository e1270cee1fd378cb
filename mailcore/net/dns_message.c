/* DNS messages: names, the question, the strict reading of an answer. */
#include "mailcore/net/dns_message.h"

#include <string.h>

#include "mailcore/base/vec.h"

#define HEADER_BYTES   12
#define CLASS_IN       1
#define TYPE_OPT       41
#define EDNS_SIZE      1232
#define SECTION_MAX    1000
#define CNAMES_MAX     16
#define RCODE_NXDOMAIN 3

enum {
	FLAG_QR = 0x8000,
	FLAG_AA = 0x0400,
	FLAG_TC = 0x0200,
	FLAG_RD = 0x0100,
	FLAG_RA = 0x0080,
	FLAG_AD = 0x0020,
	MASK_OPCODE = 0x7800
};

/* --- names ------------------------------------------------------------------------------------ */

/* One character of a label, escaped or not; false at a stray backslash. */
static bool take_char(struct span *text, char *out)
{
	char c = text->ptr[0];
	size_t used = 1;

	if (c == '\\') {
		uint64_t code;
		if (text->len >= 4 && span_u64(span_sub(*text, 1, 3), 255, &code)) {
			c = (char)code;
			used = 4;
		} else if (text->len >= 2 && !ascii_is_digit(text->ptr[1])) {
			c = text->ptr[1];
			used = 2;
		} else {
			return false;
		}
	}
	*out = ascii_lower(c);
	*text = span_from(*text, used);
	return true;
}

/* One label with its length byte; the dot behind it is taken. */
static bool take_label(struct span *text, struct dns_name *n)
{
	size_t at = n->len, len = 0;

	while (text->len > 0 && text->ptr[0] != '.') {
		char c;
		if (len == 63 || at + 1 + len + 1 >= DNS_NAME_MAX || !take_char(text, &c))
			return false;
		n->bytes[at + 1 + len++] = c;
	}
	if (len == 0)
		return false;
	*text = span_from(*text, 1);
	n->bytes[at] = (char)len;
	n->len = (uint8_t)(at + 1 + len);
	return true;
}

bool dns_name_parse(struct span text, struct dns_name *out)
{
	struct dns_name n = { .len = 0 };

	if (span_eq(text, SPAN(".")))
		text = SPAN_NONE;
	else if (text.len == 0)
		return false;
	while (text.len > 0) {
		if (!take_label(&text, &n))
			return false;
	}
	n.bytes[n.len++] = '\0'; /* the root */
	*out = n;
	return true;
}

bool dns_name_eq(const struct dns_name *a, const struct dns_name *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

void dns_name_add(struct str *out, const struct dns_name *n)
{
	for (size_t at = 0; at < n->len && n->bytes[at] != 0; at += (uint8_t)n->bytes[at] + 1u) {
		if (at > 0)
			str_add_c(out, '.');
		for (size_t i = 1; i <= (uint8_t)n->bytes[at]; i++) {
			char c = n->bytes[at + i];
			if (ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '_')
				str_add_c(out, c);
			else
				str_addf(out, "\\%03u", (unsigned)(uint8_t)c);
		}
	}
}

/* --- the question ----------------------------------------------------------------------------- */

static size_t put_u16(char *out, size_t at, unsigned n)
{
	out[at] = (char)(n >> 8);
	out[at + 1] = (char)n;
	return at + 2;
}

size_t dns_query_build(const struct dns_name *name, enum dns_type type, uint16_t id, bool edns,
	char out[DNS_QUERY_MAX])
{
	size_t at = put_u16(out, 0, id);

	at = put_u16(out, at, FLAG_RD | FLAG_AD);
	at = put_u16(out, at, 1);
	at = put_u16(out, at, 0);
	at = put_u16(out, at, 0);
	at = put_u16(out, at, edns ? 1 : 0);
	memcpy(out + at, name->bytes, name->len);
	at = put_u16(out, at + name->len, type);
	at = put_u16(out, at, CLASS_IN);
	if (!edns)
		return at;
	out[at++] = '\0'; /* OPT: root, type, size, no flags, no options */
	at = put_u16(out, at, TYPE_OPT);
	at = put_u16(out, at, EDNS_SIZE);
	at = put_u16(out, at, 0);
	at = put_u16(out, at, 0);
	return put_u16(out, at, 0);
}

/* --- reading ---------------------------------------------------------------------------------- */

struct reader {
	struct span msg;
	size_t at;
};

static bool get_u16(struct reader *r, uint16_t *out)
{
	if (r->msg.len - r->at < 2)
		return false;
	const uint8_t *p = (const uint8_t *)r->msg.ptr + r->at;
	*out = (uint16_t)(p[0] << 8 | p[1]);
	r->at += 2;
	return true;
}

static bool get_u32(struct reader *r, uint32_t *out)
{
	uint16_t high, low;

	if (!get_u16(r, &high) || !get_u16(r, &low))
		return false;
	*out = (uint32_t)high << 16 | low;
	return true;
}

static bool add_label(struct dns_name *n, struct span label)
{
	if (n->len + 1 + label.len + 1 > DNS_NAME_MAX)
		return false;
	n->bytes[n->len++] = (char)label.len;
	for (size_t i = 0; i < label.len; i++)
		n->bytes[n->len++] = ascii_lower(label.ptr[i]);
	return true;
}

/* Each pointer must lead further back than all before it: that ends, and no server sends others. */
static bool get_name(struct reader *r, struct dns_name *out)
{
	struct dns_name n = { .len = 0 };
	size_t at = r->at, lowest = r->at, after = 0;

	for (;;) {
		if (at >= r->msg.len)
			return false;
		unsigned len = (uint8_t)r->msg.ptr[at];
		if (len >= 0xC0) {
			if (r->msg.len - at < 2)
				return false;
			size_t target = (len & 0x3F) << 8 | (uint8_t)r->msg.ptr[at + 1];
			after = after ? after : at + 2;
			if (target >= lowest)
				return false;
			at = lowest = target;
			continue;
		}
		if (len > 63 || r->msg.len - at - 1 < len)
			return false;
		if (len == 0)
			break;
		if (!add_label(&n, span_sub(r->msg, at + 1, len)))
			return false;
		at += 1 + len;
	}
	n.bytes[n.len++] = '\0';
	r->at = after ? after : at + 1;
	*out = n;
	return true;
}

struct record {
	struct dns_name owner;
	uint16_t type, class;
	uint32_t ttl;
	size_t data; /* where rdata starts */
	uint16_t data_len;
};

static bool get_record(struct reader *r, struct record *out)
{
	if (!get_name(r, &out->owner) || !get_u16(r, &out->type) || !get_u16(r, &out->class) ||
		!get_u32(r, &out->ttl) || !get_u16(r, &out->data_len))
		return false;
	if (r->msg.len - r->at < out->data_len)
		return false;
	out->data = r->at;
	r->at += out->data_len;
	if (out->ttl > INT32_MAX)
		out->ttl = 0; /* RFC 2181 section 8 */
	return true;
}

/* --- record data ------------------------------------------------------------------------------ */

static struct span rdata(struct span msg, const struct record *rec)
{
	return span_sub(msg, rec->data, rec->data_len);
}

/* A name that ends exactly where the record does, after `skip` bytes. */
static bool data_name(struct span msg, const struct record *rec, size_t skip, struct dns_name *out)
{
	struct reader r = { span_sub(msg, 0, rec->data + rec->data_len), rec->data + skip };

	return rec->data_len > skip && get_name(&r, out) && r.at == rec->data + rec->data_len;
}

static struct span name_text(struct arena *a, const struct dns_name *n)
{
	struct str s = str_in(a, DNS_NAME_MAX * 4);

	dns_name_add(&s, n);
	return str_span(&s);
}

static bool read_name(
	struct arena *a, struct span msg, const struct record *rec, size_t skip, struct dns_rr *out)
{
	struct dns_name n;

	if (!data_name(msg, rec, skip, &n))
		return false;
	out->text = name_text(a, &n);
	return true;
}

/* character-strings, joined without anything between (RFC 7208 3.3, RFC 6376 3.6.2.2) */
static bool read_txt(struct arena *a, struct span data, struct dns_rr *out)
{
	struct str s = str_in(a, data.len);

	if (data.len == 0)
		return false;
	while (data.len > 0) {
		size_t len = (uint8_t)data.ptr[0];
		if (len > data.len - 1)
			return false;
		str_add(&s, span_sub(data, 1, len));
		data = span_from(data, 1 + len);
	}
	out->text = str_span(&s);
	return true;
}

static bool read_addr(struct span data, int family, struct dns_rr *out)
{
	if (data.len != (family == AF_INET ? 4 : 16))
		return false;
	addr_from_bytes(family, data.ptr, &out->addr);
	return true;
}

static bool read_srv(struct arena *a, struct span msg, const struct record *rec, struct dns_rr *out)
{
	struct reader r = { msg, rec->data };

	return rec->data_len > 6 && get_u16(&r, &out->priority) && get_u16(&r, &out->weight) &&
		get_u16(&r, &out->port) && read_name(a, msg, rec, 6, out);
}

/* MNAME, RNAME, five numbers; name and serial are told. */
static bool read_soa(struct arena *a, struct span msg, const struct record *rec, struct dns_rr *out,
	uint32_t *out_minimum)
{
	struct reader r = { span_sub(msg, 0, rec->data + rec->data_len), rec->data };
	struct dns_name mname, rname;
	uint32_t number = 0;

	if (!get_name(&r, &mname) || !get_name(&r, &rname))
		return false;
	for (int i = 0; i < 5; i++) {
		if (!get_u32(&r, &number))
			return false;
		if (i == 0)
			out->serial = number;
	}
	if (r.at != rec->data + rec->data_len)
		return false;
	out->text = name_text(a, &mname);
	*out_minimum = number;
	return true;
}

static bool read_data(
	struct arena *a, struct span msg, const struct record *rec, struct dns_rr *out)
{
	struct reader r = { msg, rec->data };
	uint32_t minimum;

	*out = (struct dns_rr){ .type = (enum dns_type)rec->type, .ttl = rec->ttl };
	switch ((enum dns_type)rec->type) {
	case DNS_A:
		return read_addr(rdata(msg, rec), AF_INET, out);
	case DNS_AAAA:
		return read_addr(rdata(msg, rec), AF_INET6, out);
	case DNS_NS:
	case DNS_CNAME:
	case DNS_PTR:
		return read_name(a, msg, rec, 0, out);
	case DNS_MX:
		return rec->data_len > 2 && get_u16(&r, &out->priority) &&
			read_name(a, msg, rec, 2, out);
	case DNS_SRV:
		return read_srv(a, msg, rec, out);
	case DNS_TXT:
		return read_txt(a, rdata(msg, rec), out);
	case DNS_SOA:
		return read_soa(a, msg, rec, out, &minimum);
	case DNS_DS:
	case DNS_DNSKEY:
	case DNS_TLSA:
	case DNS_CAA:
		break;
	}
	out->text = arena_span(a, rdata(msg, rec));
	return true;
}

/* --- the answer ------------------------------------------------------------------------------- */

struct records {
	struct record *items;
	size_t len;
};

static bool get_section(struct arena *a, struct reader *r, size_t count, struct records *out)
{
	if (count > SECTION_MAX)
		return false;
	out->items = arena_array(a, count, sizeof *out->items);
	for (out->len = 0; out->len < count; out->len++) {
		if (!get_record(r, &out->items[out->len]))
			return false;
	}
	return true;
}

static void lower_ttl(struct dns_answer *answer, uint32_t ttl)
{
	if (ttl < answer->ttl)
		answer->ttl = ttl;
}

/* Follows the aliases from *name; false: malformed, or too many. */
static bool follow_cnames(struct span msg, const struct records *recs, struct dns_name *name,
	struct dns_answer *answer)
{
	for (unsigned hops = 0; hops <= CNAMES_MAX; hops++) {
		const struct record *alias = NULL;
		for (size_t i = 0; i < recs->len && !alias; i++) {
			const struct record *rec = &recs->items[i];
			if (rec->type == DNS_CNAME && rec->class == CLASS_IN &&
				dns_name_eq(&rec->owner, name))
				alias = rec;
		}
		if (!alias)
			return true;
		if (!data_name(msg, alias, 0, name))
			return false;
		lower_ttl(answer, alias->ttl);
	}
	return false;
}

static bool collect(struct arena *a, struct span msg, const struct records *recs,
	const struct dns_name *name, enum dns_type type, struct dns_answer *answer)
{
	for (size_t i = 0; i < recs->len; i++) {
		const struct record *rec = &recs->items[i];
		if (rec->type != type || rec->class != CLASS_IN || !dns_name_eq(&rec->owner, name))
			continue;
		if (answer->len == DNS_RECORDS_MAX ||
			!read_data(a, msg, rec, &answer->items[answer->len]))
			return false;
		answer->len++;
		lower_ttl(answer, rec->ttl);
	}
	return true;
}

/* RFC 2308: how long "no" holds. */
static uint32_t negative_ttl(struct arena *a, struct span msg, const struct records *authority)
{
	for (size_t i = 0; i < authority->len; i++) {
		const struct record *rec = &authority->items[i];
		struct dns_rr rr;
		uint32_t minimum;
		if (rec->type == DNS_SOA && rec->class == CLASS_IN &&
			read_soa(a, msg, rec, &rr, &minimum))
			return minimum < rec->ttl ? minimum : rec->ttl;
	}
	return 0;
}

static bool check_question(struct reader *r, const struct dns_name *name, enum dns_type type)
{
	struct dns_name asked;
	uint16_t asked_type, class;

	return get_name(r, &asked) && get_u16(r, &asked_type) && get_u16(r, &class) &&
		asked_type == type && class == CLASS_IN && dns_name_eq(&asked, name);
}

static bool get_header(struct reader *r, uint16_t fields[6])
{
	for (int i = 0; i < 6; i++) {
		if (!get_u16(r, &fields[i]))
			return false;
	}
	bool answers = (fields[1] & FLAG_QR) && (fields[1] & MASK_OPCODE) == 0;
	return answers && !(fields[1] & FLAG_TC) && fields[2] == 1;
}

enum rc dns_reply_parse(struct arena *a, struct span message, const struct dns_name *name,
	enum dns_type type, struct dns_reply *out)
{
	struct reader r = { message, 0 };
	struct dns_reply reply = { .answer.ttl = UINT32_MAX };
	struct records answers, authority;
	struct dns_name final = *name;
	uint16_t fields[6];

	if (!get_header(&r, fields))
		return RC_TEMP;
	unsigned code = fields[1] & 15u;
	bool known = code == 0 || code == RCODE_NXDOMAIN;
	if (!known || !check_question(&r, name, type) || !get_section(a, &r, fields[3], &answers) ||
		!get_section(a, &r, fields[4], &authority))
		return RC_TEMP;

	struct dns_answer *answer = &reply.answer;
	answer->items =
		arena_array(a, answers.len < DNS_RECORDS_MAX ? answers.len : DNS_RECORDS_MAX,
			sizeof *answer->items);
	answer->authentic = (fields[1] & FLAG_AD) != 0;
	if (type != DNS_CNAME && !follow_cnames(message, &answers, &final, answer))
		return RC_TEMP;
	if (!dns_name_eq(&final, name))
		answer->cname = name_text(a, &final);
	reply.nxdomain = code == RCODE_NXDOMAIN;
	if (!reply.nxdomain && !collect(a, message, &answers, &final, type, answer))
		return RC_TEMP;
	if (answer->len == 0)
		lower_ttl(answer, negative_ttl(a, message, &authority));
	*out = reply;
	return answer->len > 0 ? RC_OK : RC_NOT_FOUND;
}

/* --- all of it -------------------------------------------------------------------------------- */

static bool add_lines(struct arena *a, struct reader *r, enum dns_section section, size_t count,
	struct dns_sections *out)
{
	struct records recs;

	if (!get_section(a, r, count, &recs))
		return false;
	out->lines = arena_grow(a, out->lines, out->len * sizeof *out->lines,
		(out->len + recs.len) * sizeof *out->lines);
	for (size_t i = 0; i < recs.len; i++) {
		struct dns_line *line = &out->lines[out->len];
		if (recs.items[i].class != CLASS_IN)
			continue; /* OPT */
		if (!read_data(a, r->msg, &recs.items[i], &line->rr))
			return false;
		line->section = section;
		line->owner = name_text(a, &recs.items[i].owner);
		out->len++;
	}
	return true;
}

bool dns_sections_parse(struct arena *a, struct span message, struct dns_sections *out)
{
	struct reader r = { message, 0 };
	struct dns_name asked;
	uint16_t fields[6], type, class;

	for (int i = 0; i < 6; i++) {
		if (!get_u16(&r, &fields[i]))
			return false;
	}
	if (!(fields[1] & FLAG_QR) || fields[2] > 1)
		return false;
	if (fields[2] == 1 &&
		(!get_name(&r, &asked) || !get_u16(&r, &type) || !get_u16(&r, &class)))
		return false;
	struct dns_sections all = { .code = fields[1] & 15u,
		.authoritative = (fields[1] & FLAG_AA) != 0,
		.truncated = (fields[1] & FLAG_TC) != 0,
		.recursive = (fields[1] & FLAG_RA) != 0,
		.authentic = (fields[1] & FLAG_AD) != 0,
		.lines = arena_array(a, 1, sizeof *all.lines) };
	bool whole = add_lines(a, &r, DNS_ANSWERS, fields[3], &all) &&
		add_lines(a, &r, DNS_AUTHORITY, fields[4], &all) &&
		add_lines(a, &r, DNS_ADDITIONAL, fields[5], &all);
	*out = all;
	return whole || all.truncated;
}
