/*
 * From the bytes of a message to its rows: encoded blob, ENVELOPE, BODYSTRUCTURE, the header
 * fields that clients ask for, and what a message list shows. Never refuses a message for its
 * structure: what does not fit the columns is cut or replaced by the empty form.
 */
#include <sys/mman.h>

#include "mailcore/base/utf8.h"
#include "mailcore/mime/address.h"
#include "mailcore/mime/bodystructure.h"
#include "mailcore/mime/date.h"
#include "mailcore/mime/envelope.h"
#include "mailcore/mime/header.h"
#include "mailcore/mime/part.h"
#include "mailcore/mime/text.h"
#include "mailcore/store/store_impl.h"

#define ENVELOPE_MAX  ((size_t)1 << 20)
#define STRUCTURE_MAX ((size_t)4 << 20)
#define HEADERS_MAX   ((size_t)256 << 10)
#define SUBJECT_MAX   500 /* characters, as the columns promise */
#define PEOPLE_MAX    200
#define REFS_MAX      20                /* the newest msg-ids of References */
#define LARGE_MAX     ((size_t)1 << 20) /* larger ones are read one after the other */
#define YEAR_SECONDS  31556952LL

/* In order of what clients ask for most. */
static const struct span CACHED[] = {
	SPAN("Date"),
	SPAN("Subject"),
	SPAN("From"),
	SPAN("Sender"),
	SPAN("Reply-To"),
	SPAN("To"),
	SPAN("Cc"),
	SPAN("Bcc"),
	SPAN("In-Reply-To"),
	SPAN("Message-ID"),
	SPAN("References"),
	SPAN("Content-Type"),
	SPAN("Importance"),
	SPAN("X-Priority"),
	SPAN("Priority"),
	SPAN("List-ID"),
	SPAN("List-Post"),
	SPAN("List-Unsubscribe"),
	SPAN("Auto-Submitted"),
	SPAN("Delivered-To"),
	SPAN("Return-Path"),
	SPAN("Disposition-Notification-To"),
	SPAN("Authentication-Results"),
};
#define CACHED_N (sizeof CACHED / sizeof *CACHED)

bool message_header_is_cached(struct span name)
{
	for (size_t i = 0; i < CACHED_N; i++)
		if (span_ieq(CACHED[i], name))
			return true;
	return false;
}

/* Text that PostgreSQL takes: UTF-8 without NUL and controls, at most max_chars characters. */
static struct span clean(struct arena *a, struct span text, size_t max_chars)
{
	struct span in = span_sub(text, 0, max_chars * 4);
	struct str out = str_in(a, in.len * 3 + 1);
	utf8_add_valid(&out, in);
	size_t chars = 0;
	size_t len = 0;
	while (len < out.len && chars < max_chars) {
		uint32_t code;
		size_t n = utf8_decode(span_from(str_span(&out), len), &code);
		if (n == 0)
			break; /* cut inside a character */
		if (code < 0x20 || code == 0x7f)
			out.ptr[len] = ' ';
		len += n;
		chars++;
	}
	return span_sub(str_span(&out), 0, len);
}

static struct span empty_if_failed(const struct str *s, struct span instead)
{
	return str_ok(s) ? str_span(s) : instead;
}

static struct span field(struct span header, struct span name)
{
	struct header_field f;
	return header_find(header, name, &f) ? f.value : SPAN("");
}

/* Display names or addresses of a field, separated by commas. */
static struct span people(struct arena *a, struct span header, struct span name, size_t max)
{
	struct address_list list;
	struct str out = str_in(a, 4096);
	size_t n = 0;
	address_list_parse(a, field(header, name), &list);
	for (size_t i = 0; i < list.len && n < max; i++) {
		const struct address *it = &list.items[i];
		if (it->kind != ADDRESS_MAILBOX)
			continue;
		if (n++ > 0)
			str_add(&out, SPAN(", "));
		if (it->name.ptr && it->name.len)
			str_add(&out, it->name);
		else
			address_add_spec(&out, it);
	}
	return clean(a, empty_if_failed(&out, SPAN("")), PEOPLE_MAX);
}

static struct span message_id_of(struct arena *a, struct span header)
{
	struct span id;
	if (message_ids_parse(a, field(header, SPAN("Message-ID")), &id, 1) == 0)
		return SPAN("");
	return clean(a, id, MESSAGE_ID_MAX);
}

static bool has_space(struct span s)
{
	return span_find(s, ' ') != SPAN_NPOS;
}

/* In-Reply-To and the newest of References. */
static struct span refs_of(struct arena *a, struct span header)
{
	struct span ids[1000];
	struct str out = str_in(a, (REFS_MAX + 1) * (MESSAGE_ID_MAX * 3 + 1));
	size_t n = message_ids_parse(a, field(header, SPAN("References")), ids, 999);
	n += message_ids_parse(a, field(header, SPAN("In-Reply-To")), ids + n, 1);
	for (size_t i = n > REFS_MAX ? n - REFS_MAX : 0; i < n; i++) {
		struct span id = clean(a, ids[i], MESSAGE_ID_MAX);
		if (id.len == 0 || has_space(id))
			continue;
		if (out.len)
			str_add_c(&out, ' ');
		str_add(&out, id);
	}
	return str_span(&out);
}

static int64_t sent_at_of(struct span header)
{
	struct date d;
	if (!date_parse(field(header, SPAN("Date")), &d))
		return 0;
	return d.utc_s > 0 && d.utc_s < 8000 * YEAR_SECONDS ? d.utc_s : 0;
}

static void describe(struct arena *a, struct span message, size_t head_size, struct prepared *p)
{
	struct span header = span_sub(message, 0, head_size);
	const struct part *root = mime_parse(a, message);
	struct str envelope = str_in(a, ENVELOPE_MAX);
	struct str structure = str_in(a, STRUCTURE_MAX);
	struct str headers = str_in(a, HEADERS_MAX);
	struct str preview = str_in(a, 4096);
	envelope_add(&envelope, header);
	bodystructure_add(&structure, root, true);
	header_fields_add(&headers, header, CACHED, CACHED_N, false);
	mime_preview_add(&preview, root, PREVIEW_CHARS);
	p->envelope = empty_if_failed(&envelope, SPAN("(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"));
	p->bodystructure = empty_if_failed(&structure,
		SPAN("(\"APPLICATION\" \"OCTET-STREAM\" NIL NIL NIL \"8BIT\" 0 NIL NIL NIL NIL)"));
	p->headers = empty_if_failed(&headers, SPAN(""));
	p->preview = clean(a, empty_if_failed(&preview, SPAN("")), PREVIEW_CHARS);
	p->subject = clean(a, header_text(a, field(header, SPAN("Subject"))), SUBJECT_MAX);
	p->from_text = people(a, header, SPAN("From"), 1);
	p->to_text = people(a, header, SPAN("To"), 20);
	p->message_id = message_id_of(a, header);
	p->refs = refs_of(a, header);
	p->sent_at = sent_at_of(header);
	p->has_attachment = mime_has_attachment(root);
}

enum rc message_prepare(struct store *s, struct arena *a, struct uuid id, struct span message,
	struct prepared **out)
{
	struct prepared *p = arena_zalloc(a, sizeof *p);
	size_t head_size = header_block_len(message);
	enum rc rc = blob_encode(s->blobs, a, id, message, head_size, &p->blob);
	if (rc != RC_OK)
		return rc;
	describe(a, message, head_size, p);
	*out = p;
	return RC_OK;
}

static bool describe_file(
	struct arena *a, struct span head, int spool_fd, size_t total_size, struct prepared *p)
{
	void *map = mmap(NULL, total_size, PROT_READ, MAP_PRIVATE, spool_fd, 0);
	if (map == MAP_FAILED)
		return false;
	describe(a, span_make(map, total_size), head.len, p);
	/* the headers' spans may point into the mapping */
	p->headers = arena_span(a, p->headers);
	(void)munmap(map, total_size);
	return true;
}

enum rc message_prepare_file(struct store *s, struct arena *a, struct uuid id, struct span head,
	int spool_fd, size_t total_size, struct prepared **out)
{
	struct prepared *p = arena_zalloc(a, sizeof *p);
	enum rc rc = blob_encode_file(s->blobs, a, id, head, spool_fd, total_size, &p->blob);
	if (rc != RC_OK)
		return rc;
	bool large = total_size > LARGE_MAX;
	if (large)
		pthread_mutex_lock(&s->map_lock);
	bool ok = describe_file(a, head, spool_fd, total_size, p);
	if (large)
		pthread_mutex_unlock(&s->map_lock);
	if (!ok)
		return RC_TEMP;
	*out = p;
	return RC_OK;
}
