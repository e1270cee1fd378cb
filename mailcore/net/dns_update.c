/* Dynamic updates: see dns_update.h. */
#include "mailcore/net/dns_update.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "mailcore/base/base64.h"
#include "mailcore/base/cur.h"

#define HEADER_BYTES  12
#define CLASS_IN      1
#define CLASS_NONE    254
#define CLASS_ANY     255
#define TYPE_ANY      255
#define TYPE_TSIG     250
#define OPCODE_UPDATE 0x2800
#define POINTERS_MAX  40
#define TSIG_TEXT_MAX 1024

static const char hmac_sha256[] = "\013hmac-sha256";

/* --- writing ---------------------------------------------------------------------------------- */

static void put(struct str *out, uint64_t n, unsigned bytes)
{
	while (bytes-- > 0)
		str_add_c(out, (char)(n >> (8 * bytes)));
}

static void put_name(struct str *out, const struct dns_name *n)
{
	str_add(out, span_make(n->bytes, n->len));
}

static bool is_prerequisite(const struct update_line *line)
{
	return line->op <= UPDATE_NEED_THIS;
}

static void put_line(struct str *out, const struct update_line *line)
{
	static const unsigned classes[] = { [UPDATE_NEED_NONE] = CLASS_NONE,
		[UPDATE_NEED_FREE] = CLASS_NONE,
		[UPDATE_NEED_THIS] = CLASS_IN,
		[UPDATE_ADD] = CLASS_IN,
		[UPDATE_DELETE] = CLASS_NONE };
	bool has_data = line->op >= UPDATE_NEED_THIS;

	put_name(out, &line->name);
	put(out, line->op == UPDATE_NEED_FREE ? TYPE_ANY : (unsigned)line->type, 2);
	put(out, classes[line->op], 2);
	put(out, line->op == UPDATE_ADD ? line->ttl : 0, 4);
	put(out, has_data ? line->data.len : 0, 2);
	if (has_data)
		str_add(out, line->data);
}

/* What is hashed besides the message (RFC 8945 4.3.3). */
static void put_tsig_variables(struct str *out, const struct tsig_key *key, int64_t now_s,
	unsigned error, struct span other)
{
	put_name(out, &key->name);
	put(out, CLASS_ANY, 2);
	put(out, 0, 4);
	str_add(out, span_make(hmac_sha256, sizeof hmac_sha256));
	put(out, (uint64_t)now_s, 6);
	put(out, TSIG_FUDGE_S, 2);
	put(out, error, 2);
	put(out, other.len, 2);
	str_add(out, other);
}

static bool hmac(const struct tsig_key *key, struct span text, unsigned char out[TSIG_MAC_BYTES])
{
	unsigned len = 0;
	return HMAC(EVP_sha256(), key->secret.ptr, (int)key->secret.len,
		       (const unsigned char *)text.ptr, text.len, out, &len) &&
		len == TSIG_MAC_BYTES;
}

static bool put_tsig(struct str *out, uint16_t id, const struct tsig_key *key, int64_t now_s,
	unsigned char out_mac[static TSIG_MAC_BYTES])
{
	struct str hashed;

	str_init(&hashed, UPDATE_MESSAGE_MAX + TSIG_TEXT_MAX);
	str_add(&hashed, str_span(out));
	put_tsig_variables(&hashed, key, now_s, 0, SPAN(""));
	bool ok = str_ok(&hashed) && hmac(key, str_span(&hashed), out_mac);
	str_done(&hashed);
	put_name(out, &key->name);
	put(out, TYPE_TSIG, 2);
	put(out, CLASS_ANY, 2);
	put(out, 0, 4);
	put(out, sizeof hmac_sha256 + 6 + 2 + 2 + TSIG_MAC_BYTES + 2 + 2 + 2, 2);
	str_add(out, span_make(hmac_sha256, sizeof hmac_sha256));
	put(out, (uint64_t)now_s, 6);
	put(out, TSIG_FUDGE_S, 2);
	put(out, TSIG_MAC_BYTES, 2);
	str_add(out, span_make(out_mac, TSIG_MAC_BYTES));
	put(out, id, 2);
	put(out, 0, 4); /* no error, no other data */
	return ok && str_ok(out);
}

bool update_build(struct str *out, const struct dns_name *zone, uint16_t id,
	const struct update_line *lines, size_t n, const struct tsig_key *key, int64_t now_s,
	unsigned char out_mac[static TSIG_MAC_BYTES])
{
	size_t prerequisites = 0;

	if (n > UPDATE_LINES_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		prerequisites += is_prerequisite(&lines[i]);
	put(out, id, 2);
	put(out, OPCODE_UPDATE, 2);
	put(out, 1, 2);
	put(out, prerequisites, 2);
	put(out, n - prerequisites, 2);
	put(out, 0, 2); /* the signature is counted after it was made */
	put_name(out, zone);
	put(out, DNS_SOA, 2);
	put(out, CLASS_IN, 2);
	for (size_t i = 0; i < n; i++) {
		if (is_prerequisite(&lines[i]))
			put_line(out, &lines[i]);
	}
	for (size_t i = 0; i < n; i++) {
		if (!is_prerequisite(&lines[i]))
			put_line(out, &lines[i]);
	}
	if (!str_ok(out) || !put_tsig(out, id, key, now_s, out_mac))
		return false;
	out->ptr[HEADER_BYTES - 1] = 1;
	return true;
}

/* --- reading ---------------------------------------------------------------------------------- */

struct reader {
	struct span message;
	size_t at;
	bool bad;
};

static unsigned take(struct reader *r, unsigned bytes)
{
	unsigned n = 0;

	if (r->bad || r->message.len - r->at < bytes) {
		r->bad = true;
		return 0;
	}
	while (bytes-- > 0)
		n = n << 8 | (unsigned char)r->message.ptr[r->at++];
	return n;
}

static struct span take_bytes(struct reader *r, size_t len)
{
	if (r->bad || r->message.len - r->at < len) {
		r->bad = true;
		return SPAN_NONE;
	}
	r->at += len;
	return span_sub(r->message, r->at - len, len);
}

/* Lower case; pointers lead backwards only. */
static void take_name(struct reader *r, struct dns_name *out)
{
	size_t at = r->at, limit = r->at, after = 0;
	unsigned jumps = 0;

	out->len = 0;
	while (!r->bad) {
		if (at >= r->message.len) {
			r->bad = true;
			return;
		}
		unsigned len = (unsigned char)r->message.ptr[at];
		if ((len & 0xC0) == 0xC0) {
			size_t to = at + 1 < r->message.len
				? (len & 0x3Fu) << 8 | (unsigned char)r->message.ptr[at + 1]
				: SIZE_MAX;
			if (after == 0)
				after = at + 2;
			r->bad = to >= limit || ++jumps > POINTERS_MAX;
			at = limit = to;
			continue;
		}
		if (len > 63 || r->message.len - at < len + 1 ||
			out->len + len + 1 > DNS_NAME_MAX) {
			r->bad = true;
			return;
		}
		out->bytes[out->len++] = (char)len;
		for (unsigned i = 1; i <= len; i++)
			out->bytes[out->len++] = ascii_lower(r->message.ptr[at + i]);
		at += len + 1;
		if (len == 0)
			break;
	}
	r->at = after > 0 ? after : at;
}

struct head {
	unsigned id, flags, counts[4];
};

static struct head take_head(struct reader *r)
{
	struct head h = { .id = take(r, 2), .flags = take(r, 2) };
	for (size_t i = 0; i < 4; i++)
		h.counts[i] = take(r, 2);
	return h;
}

struct record_head {
	struct dns_name name;
	unsigned type, class;
	uint32_t ttl;
	size_t data_at, data_len;
};

static struct record_head take_record(struct reader *r)
{
	struct record_head h = { 0 };
	take_name(r, &h.name);
	h.type = take(r, 2);
	h.class = take(r, 2);
	h.ttl = take(r, 4);
	h.data_len = take(r, 2);
	h.data_at = r->at;
	(void)take_bytes(r, h.data_len);
	return h;
}

static void skip_questions(struct reader *r, unsigned n)
{
	struct dns_name name;
	for (unsigned i = 0; i < n && !r->bad; i++) {
		take_name(r, &name);
		(void)take(r, 4);
	}
}

/* --- the answer to an update ------------------------------------------------------------------ */

struct tsig {
	struct span mac, other;
	int64_t time_s;
	unsigned fudge, id, error;
	size_t begins;
};

/* The last record; all others are passed over. */
static bool find_tsig(
	struct reader *r, const struct head *h, const struct tsig_key *key, struct tsig *out)
{
	unsigned n = h->counts[1] + h->counts[2] + h->counts[3];
	struct record_head last = { 0 };
	struct dns_name algorithm;

	skip_questions(r, h->counts[0]);
	for (unsigned i = 0; i < n && !r->bad; i++) {
		out->begins = r->at;
		last = take_record(r);
	}
	if (r->bad || h->counts[3] == 0 || last.type != TYPE_TSIG || last.class != CLASS_ANY ||
		last.ttl != 0 || r->at != r->message.len || !dns_name_eq(&last.name, &key->name))
		return false;
	r->at = last.data_at;
	take_name(r, &algorithm);
	out->time_s = (int64_t)take(r, 2) << 32;
	out->time_s |= take(r, 4);
	out->fudge = take(r, 2);
	out->mac = take_bytes(r, take(r, 2));
	out->id = take(r, 2);
	out->error = take(r, 2);
	out->other = take_bytes(r, take(r, 2));
	return !r->bad && r->at == last.data_at + last.data_len &&
		algorithm.len == sizeof hmac_sha256 &&
		memcmp(algorithm.bytes, hmac_sha256, sizeof hmac_sha256) == 0;
}

static bool is_signed(struct span message, const struct tsig *t, const struct tsig_key *key,
	const unsigned char request_mac[static TSIG_MAC_BYTES])
{
	unsigned char mac[TSIG_MAC_BYTES];
	struct str hashed;

	str_init(&hashed, UPDATE_MESSAGE_MAX + TSIG_TEXT_MAX);
	put(&hashed, TSIG_MAC_BYTES, 2);
	str_add(&hashed, span_make(request_mac, TSIG_MAC_BYTES));
	size_t start = hashed.len;
	str_add(&hashed, span_sub(message, 0, t->begins));
	if (str_ok(&hashed)) { /* as it was before the signature was added */
		hashed.ptr[start] = (char)(t->id >> 8);
		hashed.ptr[start + 1] = (char)t->id;
		unsigned n = (unsigned)((unsigned char)hashed.ptr[start + 10] << 8 |
			(unsigned char)hashed.ptr[start + 11]);
		hashed.ptr[start + 10] = (char)((n - 1) >> 8);
		hashed.ptr[start + 11] = (char)(n - 1);
	}
	put_name(&hashed, &key->name);
	put(&hashed, CLASS_ANY, 2);
	put(&hashed, 0, 4);
	str_add(&hashed, span_make(hmac_sha256, sizeof hmac_sha256));
	put(&hashed, (uint64_t)t->time_s, 6);
	put(&hashed, t->fudge, 2);
	put(&hashed, t->error, 2);
	put(&hashed, t->other.len, 2);
	str_add(&hashed, t->other);
	bool ok = str_ok(&hashed) && t->mac.len == TSIG_MAC_BYTES &&
		hmac(key, str_span(&hashed), mac) &&
		CRYPTO_memcmp(mac, t->mac.ptr, TSIG_MAC_BYTES) == 0;
	str_done(&hashed);
	return ok;
}

static enum update_answer answer_of(unsigned code)
{
	switch (code) {
	case 0:
		return UPDATE_DONE;
	case 3: /* NXDOMAIN: a name that should be */
	case 6: /* YXDOMAIN */
	case 7: /* YXRRSET */
	case 8: /* NXRRSET */
		return UPDATE_CHANGED;
	case 4:  /* NOTIMP */
	case 5:  /* REFUSED */
	case 9:  /* NOTAUTH */
	case 10: /* NOTZONE */
		return UPDATE_REFUSED;
	default:
		return UPDATE_FAILED;
	}
}

enum update_answer update_answer_parse(struct span message, uint16_t id, const struct tsig_key *key,
	const unsigned char request_mac[static TSIG_MAC_BYTES], int64_t now_s)
{
	struct reader r = { .message = message };
	struct head h = take_head(&r);
	struct tsig t = { 0 };
	bool is_answer = !r.bad && h.id == id && (h.flags & 0xF800) == (0x8000 | OPCODE_UPDATE);
	bool has_tsig = is_answer && find_tsig(&r, &h, key, &t);

	if (!is_answer)
		return UPDATE_UNREADABLE;
	if (has_tsig && (t.error == 16 || t.error == 17)) /* BADSIG, BADKEY: cannot be signed */
		return UPDATE_BAD_KEY;
	if (has_tsig && t.error == 18)
		return UPDATE_BAD_TIME;
	if (!has_tsig) /* an unsigned no is believed as a no, an unsigned yes is none */
		return (h.flags & 15) != 0 ? UPDATE_REFUSED : UPDATE_UNREADABLE;
	int64_t off = now_s > t.time_s ? now_s - t.time_s : t.time_s - now_s;
	if (!is_signed(message, &t, key, request_mac) || off > TSIG_FUDGE_S)
		return UPDATE_UNREADABLE;
	return answer_of(h.flags & 15);
}

/* --- a set of records ------------------------------------------------------------------------- */

/* The data as an update has it: names inside are uncompressed. */
static bool copy_data(
	struct arena *a, const struct reader *answer, const struct record_head *h, struct span *out)
{
	struct reader r = { .message = span_sub(answer->message, 0, h->data_at + h->data_len),
		.at = h->data_at };
	unsigned numbers = h->type == DNS_MX ? 2 : h->type == DNS_SRV ? 6 : 0;
	struct str data = str_in(a, UPDATE_DATA_MAX);

	if (numbers == 0 && h->type != DNS_CNAME) {
		*out = arena_span(a, take_bytes(&r, h->data_len));
		return h->data_len <= UPDATE_DATA_MAX;
	}
	struct dns_name name;
	str_add(&data, take_bytes(&r, numbers));
	take_name(&r, &name);
	put_name(&data, &name);
	*out = str_span(&data);
	return !r.bad && r.at == r.message.len && str_ok(&data);
}

static bool add_record(struct arena *a, const struct reader *r, const struct record_head *h,
	enum dns_type type, struct update_set *out)
{
	out->exists = true;
	if (h->type == DNS_CNAME && type != DNS_CNAME)
		out->is_alias = true;
	if (h->type != (unsigned)type)
		return true;
	if (out->len == UPDATE_SET_MAX)
		return false;
	out->ttl = h->ttl;
	return copy_data(a, r, h, &out->data[out->len++]);
}

bool update_set_parse(struct arena *a, struct span message, const struct dns_name *name,
	enum dns_type type, struct update_set *out)
{
	struct reader r = { .message = message };
	struct head h = take_head(&r);
	unsigned code = h.flags & 15;

	*out = (struct update_set){ .exists = code == 0 };
	/* An answer, whole, of the zone's own server, that says yes or no. */
	if (r.bad || (h.flags & 0x8600) != 0x8400 || (code != 0 && code != 3))
		return false;
	skip_questions(&r, h.counts[0]);
	for (unsigned i = 0; i < h.counts[1] && !r.bad; i++) {
		struct record_head record = take_record(&r);
		if (!r.bad && record.class == CLASS_IN && dns_name_eq(&record.name, name) &&
			!add_record(a, &r, &record, type, out))
			return false;
	}
	return !r.bad;
}
