/* The header of a message on its way in. */
#include "mailcore/deliver/head.h"

#include "mailcore/base/cur.h"
#include "mailcore/mime/header.h"

enum rc head_check(struct span head, struct err *err)
{
	if (header_count(head, SPAN("Received")) > HEAD_RECEIVED_MAX)
		return err_set(err, RC_LIMIT, "5.4.6",
			"This message has passed too many servers, it seems to run in a circle.");
	if (header_count(head, SPAN("From")) > 1)
		return err_set(
			err, RC_INVALID, "5.7.1", "A message may have one From header field only.");
	return RC_OK;
}

static void skip_comments(struct cur *c)
{
	size_t depth = 0;

	while (!cur_done(c)) {
		char ch = *c->p;
		if (ch == '(')
			depth++;
		else if (ch == ')' && depth > 0)
			depth--;
		else if (depth == 0 && !ascii_is_space(ch))
			return;
		else if (ch == '\\' && cur_left(c) > 1)
			c->p++;
		c->p++;
	}
}

static bool is_id_char(char c)
{
	return !ascii_is_space(c) && c != ';' && c != '"' && c != '(';
}

/* RFC 8601 §2.2: authserv-id = value, behind comments; a token or a quoted string. */
static struct span authserv_id(struct arena *a, struct span value)
{
	struct cur c = cur_of(header_unfold(a, value));

	skip_comments(&c);
	(void)cur_take(&c, '"');
	return cur_take_while(&c, is_id_char);
}

static bool is_removed(
	struct arena *a, const struct header_field *f, const char *hostname, bool submission)
{
	if (span_ieq(f->name, SPAN("Return-Path")))
		return true;
	if (span_ieq(f->name, SPAN("Authentication-Results")))
		return span_ieq(authserv_id(a, f->value), span_of(hostname));
	return submission &&
		(span_ieq(f->name, SPAN("Bcc")) || span_ieq(f->name, SPAN("Resent-Bcc")));
}

void head_add_cleaned(
	struct arena *a, struct str *out, struct span head, const char *hostname, bool submission)
{
	struct cur c = cur_of(head);
	struct header_field field;
	const char *kept = c.p;

	while (header_next(&c, &field)) {
		if (!is_removed(a, &field, hostname, submission))
			continue;
		str_add(out, span_make(kept, (size_t)(field.whole.ptr - kept)));
		kept = field.whole.ptr + field.whole.len;
	}
	str_add(out, span_make(kept, (size_t)(head.ptr + head.len - kept)));
}

static bool is_ours(struct span name)
{
	return span_ieq(name, SPAN("Return-Path")) || span_ieq(name, SPAN("Received")) ||
		span_ieq(name, SPAN("DKIM-Signature"));
}

void head_add_own(struct str *out, struct span head)
{
	struct cur c = cur_of(head);
	struct header_field field;
	const char *kept = c.p;

	while (header_next(&c, &field)) {
		if (!is_ours(field.name))
			continue;
		str_add(out, span_make(kept, (size_t)(field.whole.ptr - kept)));
		kept = field.whole.ptr + field.whole.len;
	}
	str_add(out, span_make(kept, (size_t)(head.ptr + head.len - kept)));
}

bool head_is_bulk(struct span head)
{
	static const char *const many[] = { "bulk", "list", "junk" };
	struct header_field field;

	if (header_count(head, SPAN("List-Id")) > 0 ||
		header_count(head, SPAN("List-Unsubscribe")) > 0)
		return true;
	if (!header_find(head, SPAN("Precedence"), &field))
		return false;
	for (size_t i = 0; i < sizeof many / sizeof many[0]; i++) {
		if (span_ieq(span_trim(field.value), span_of(many[i])))
			return true;
	}
	return false;
}
