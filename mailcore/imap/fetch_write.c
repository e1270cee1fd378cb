/* Writing the answers of FETCH: see fetch.h. */
#include "mailcore/imap/fetch.h"
#include "mailcore/imap/object_id.h"
#include "mailcore/imap/reply.h"
#include "mailcore/mime/bodystructure.h"
#include "mailcore/mime/date.h"

#define LITERAL_STEP ((size_t)4 << 20) /* octets of one literal that are written at a time */

/* The octets of the item between its partial's ends. */
static struct span cut_partial(const struct fetch_item *item, struct span bytes)
{
	if (!item->partial)
		return bytes;
	size_t offset = item->offset < bytes.len ? (size_t)item->offset : bytes.len;
	size_t count = item->count < bytes.len - offset ? (size_t)item->count : bytes.len - offset;
	return span_sub(bytes, offset, count);
}

/* Writes a literal from f->offset on; false: there is more. */
static bool write_literal(
	struct fetch *f, struct str *out, const struct fetch_item *item, struct span bytes)
{
	bool binary = item->kind == FETCH_BINARY && bytes.len && memchr(bytes.ptr, '\0', bytes.len);

	if (!bytes.len) {
		str_add_cstr(out, "\"\"");
		return true;
	}
	if (!f->offset) {
		if (binary)
			str_add_c(out, '~');
		imap_reply_literal_head(out, bytes.len);
	}
	struct span piece = span_sub(bytes, f->offset, LITERAL_STEP);
	if (binary)
		str_add(out, piece);
	else
		imap_reply_octets(out, piece);
	f->offset += piece.len;
	return f->offset == bytes.len;
}

static bool write_section(
	struct fetch *f, struct str *out, const struct fetch_item *item, struct fetch_message *m)
{
	struct span bytes;

	if (!open_message_section(&m->open, item->section, &bytes)) {
		str_add_cstr(out, "NIL");
		return true;
	}
	return write_literal(f, out, item, cut_partial(item, bytes));
}

static bool write_binary(
	struct fetch *f, struct str *out, const struct fetch_item *item, struct fetch_message *m)
{
	struct span bytes;
	enum rc rc = open_message_binary(&m->open, item->section, &bytes);

	if (rc != RC_OK) {
		f->undecodable = f->undecodable || rc == RC_INVALID;
		str_add_cstr(out, item->kind == FETCH_BINARY_SIZE ? "0" : "NIL");
		return true;
	}
	if (item->kind == FETCH_BINARY_SIZE) {
		str_add_u64(out, bytes.len);
		return true;
	}
	return write_literal(f, out, item, cut_partial(item, bytes));
}

static void add_date(struct str *out, int64_t utc_s, int zone_minutes)
{
	str_add_c(out, '"');
	date_add_imap(out, utc_s, zone_minutes);
	str_add_c(out, '"');
}

/* The value of one item, from f->offset on; false: it does not fit now. */
static bool write_value(
	struct imap *s, struct fetch *f, const struct fetch_item *item, struct fetch_message *m)
{
	struct str *out = conn_out(s->conn);
	const struct snapshot *snap = m->row.snap;
	size_t i = m->row.i;

	switch (item->kind) {
	case FETCH_FLAGS:
		imap_reply_flags(s, snap, i);
		return true;
	case FETCH_UID:
		str_add_u64(out, snap->uid[i]);
		return true;
	case FETCH_INTERNALDATE:
		add_date(out, snap->internal_at[i], snap->internal_zone[i]);
		return true;
	case FETCH_SAVEDATE:
		add_date(out, m->meta->saved_at, 0);
		return true;
	case FETCH_PREVIEW:
		imap_reply_string(out, m->meta->preview);
		return true;
	case FETCH_EMAILID:
		object_id_add_email(out, m->meta->blob_id);
		return true;
	case FETCH_THREADID:
		object_id_add_thread(out, m->meta->thread_id);
		return true;
	case FETCH_SIZE:
		str_add_u64(out, snap->size_bytes[i]);
		return true;
	case FETCH_MODSEQ:
		str_addf(out, "(%llu)", (unsigned long long)snap->modseq[i]);
		return true;
	case FETCH_ENVELOPE:
		str_add(out, m->meta->envelope);
		return true;
	case FETCH_BODYSTRUCTURE:
		str_add(out, m->meta->bodystructure);
		return true;
	case FETCH_BODY:
		bodystructure_add(out, open_message_root(&m->open), false);
		return true;
	case FETCH_SECTION:
		return write_section(f, out, item, m);
	case FETCH_BINARY:
	case FETCH_BINARY_SIZE:
		return write_binary(f, out, item, m);
	}
	return true;
}

static void begin_message(struct imap *s, const struct fetch *f, const struct fetch_message *m)
{
	struct str *out = conn_out(s->conn);

	str_addf(out, "* %zu FETCH (", m->index + 1);
	if (f->add_flags && m->newly_seen) {
		str_add_cstr(out, "FLAGS ");
		imap_reply_flags(s, m->row.snap, m->row.i);
		str_add_c(out, ' ');
	}
}

bool fetch_write_message(struct imap *s, struct fetch *f, struct fetch_message *m)
{
	struct str *out = conn_out(s->conn);

	if (!f->begun)
		begin_message(s, f, m);
	for (; f->item < f->items.len; f->item++, f->offset = 0) {
		const struct fetch_item *item = &f->items.items[f->item];
		if (f->offset == 0) {
			if (f->item)
				str_add_c(out, ' ');
			str_add(out, item->label);
			str_add_c(out, ' ');
		}
		bool whole = write_value(s, f, item, m);
		if (whole && (f->item + 1 == f->items.len || !conn_is_full(s->conn)))
			continue;
		f->begun = true;
		f->item += whole;
		f->offset = whole ? 0 : f->offset;
		return false;
	}
	str_add_cstr(out, ")\r\n");
	f->item = 0;
	f->begun = false;
	return true;
}
