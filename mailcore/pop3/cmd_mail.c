/* The open maildrop: STAT, LIST, UIDL, RETR, TOP, DELE, RSET, NOOP, QUIT. */
#include <inttypes.h>
#include <string.h>

#include "mailcore/base/log.h"
#include "mailcore/pop3/commands.h"
#include "mailcore/pop3/parse.h"

/* --- which message --- */

/* Replies when there is no such message. */
static bool find_message(struct pop3_session *s, struct span arg, size_t *out_index)
{
	size_t number;

	if (!pop3_number_parse(span_trim(arg), s->snap->len, &number) || s->deleted[number - 1]) {
		pop3_err(s, "There is no such message");
		return false;
	}
	*out_index = number - 1;
	return true;
}

/* --- numbers --- */

enum step pop3_stat(struct pop3_session *s, struct ctx *ctx, struct span arg)
{
	size_t count = 0;
	uint64_t size = 0;

	for (size_t i = 0; i < s->snap->len; i++) {
		count += !s->deleted[i];
		size += s->deleted[i] ? 0 : s->snap->size_bytes[i];
	}
	pop3_ok(s, "%zu %" PRIu64, count, size);
	return STEP_DONE;
}

static void add_list_line(struct pop3_session *s, size_t i)
{
	str_addf(conn_out(s->conn), "%zu %" PRIu32 "\r\n", i + 1, s->snap->size_bytes[i]);
}

/* Of fixed width, so that no two pairs of numbers look the same. */
static void add_uidl_line(struct pop3_session *s, size_t i)
{
	str_addf(conn_out(s->conn), "%zu %08" PRIx32 "%08" PRIx32 "\r\n", i + 1,
		(uint32_t)s->snap->uidvalidity, s->snap->uid[i]);
}

static enum step list(struct pop3_session *s, struct span arg, enum pop3_more kind,
	void add_line(struct pop3_session *, size_t))
{
	size_t i;

	if (arg.len == 0) {
		pop3_ok(s, "%zu messages", s->snap->len);
		s->more = kind;
		s->more_at = 0;
		return pop3_go_on(s);
	}
	if (find_message(s, arg, &i)) {
		str_add_cstr(conn_out(s->conn), "+OK ");
		add_line(s, i);
	}
	return STEP_DONE;
}

enum step pop3_list(struct pop3_session *s, struct ctx *ctx, struct span arg)
{
	return list(s, arg, MORE_LIST, add_list_line);
}

enum step pop3_uidl(struct pop3_session *s, struct ctx *ctx, struct span arg)
{
	return list(s, arg, MORE_UIDL, add_uidl_line);
}

/* --- long answers --- */

static enum step end_of_more(struct pop3_session *s)
{
	str_add_cstr(conn_out(s->conn), ".\r\n");
	s->more = MORE_NONE;
	s->message = SPAN_NONE;
	arena_done(&s->message_arena);
	return STEP_DONE;
}

static enum step go_on_listing(struct pop3_session *s, void add_line(struct pop3_session *, size_t))
{
	while (s->more_at < s->snap->len) {
		if (conn_is_full(s->conn))
			return STEP_MORE;
		size_t i = s->more_at++;
		if (!s->deleted[i])
			add_line(s, i);
	}
	return end_of_more(s);
}

/* Byte-stuffed (RFC 1939 §3), also behind a bare LF: there are clients that end lines there. */
static enum step go_on_with_message(struct pop3_session *s)
{
	struct str *out = conn_out(s->conn);

	while (s->more_at < s->message.len) {
		if (conn_is_full(s->conn))
			return STEP_MORE;
		struct span rest = span_sub(s->message, s->more_at, 64 << 10);
		size_t end = span_find(rest, '\n');
		size_t len = end == SPAN_NPOS ? rest.len : end + 1;
		bool line_start = s->more_at == 0 || s->message.ptr[s->more_at - 1] == '\n';
		if (line_start && rest.ptr[0] == '.')
			str_add_c(out, '.');
		str_add(out, span_sub(rest, 0, len));
		s->more_at += len;
	}
	if (s->message.len > 0 && !span_ends(s->message, SPAN("\r\n")))
		str_add(out, SPAN("\r\n"));
	return end_of_more(s);
}

enum step pop3_go_on(struct pop3_session *s)
{
	switch (s->more) {
	case MORE_LIST:
		return go_on_listing(s, add_list_line);
	case MORE_UIDL:
		return go_on_listing(s, add_uidl_line);
	case MORE_MESSAGE:
		return go_on_with_message(s);
	case MORE_OPEN: /* session.c sees to it */
	case MORE_NONE:
		break;
	}
	return STEP_DONE;
}

/* --- messages --- */

static const struct message_bytes *find_ahead(const struct pop3_session *s, size_t i)
{
	for (size_t k = 0; k < s->n_ahead; k++) {
		if (s->ahead[k].uid == s->snap->uid[i])
			return &s->ahead[k];
	}
	return NULL;
}

/* The next messages at once. What fails here is asked for again, alone. */
static void read_ahead(struct pop3_session *s, struct ctx *ctx, size_t i)
{
	struct ctx own = *ctx;
	size_t rest = s->snap->len - i, done = 0;

	own.arena = &s->ahead_arena;
	arena_done(&s->ahead_arena);
	s->n_ahead = 0;
	if (message_read(s->options->store, &own, s->mailbox_id, s->folder_id, &s->snap->uid[i],
		    rest < POP3_AHEAD_MESSAGES ? rest : POP3_AHEAD_MESSAGES, false,
		    POP3_AHEAD_BYTES, s->ahead, &s->n_ahead, &done) != RC_OK)
		s->n_ahead = 0;
}

/* True: *out is the message, which stays until the next RETR. */
static bool take_ahead(struct pop3_session *s, struct ctx *ctx, size_t i, struct span *out)
{
	const struct message_bytes *m = find_ahead(s, i);

	if (!m && i > 0 && i == s->next && i + 1 < s->snap->len) {
		read_ahead(s, ctx, i);
		m = find_ahead(s, i);
	}
	s->next = i + 1;
	if (!m || m->unreadable)
		return false;
	*out = m->bytes;
	return true;
}

/* Into message_arena, because the answer may need several steps. */
static enum rc read_message(
	struct pop3_session *s, struct ctx *ctx, size_t i, bool head_only, struct span *out)
{
	struct ctx own = *ctx;
	struct message_bytes bytes;
	size_t len = 0, done = 0;

	own.arena = &s->message_arena;
	/* At most one byte, at least one message: that one. */
	enum rc rc = message_read(s->options->store, &own, s->mailbox_id, s->folder_id,
		&s->snap->uid[i], 1, head_only, 1, &bytes, &len, &done);
	if (rc == RC_OK && len == 0)
		rc = RC_NOT_FOUND; /* another client has expunged it */
	if (rc == RC_OK && bytes.unreadable)
		rc = RC_TEMP;
	if (rc == RC_OK)
		*out = bytes.bytes;
	return rc;
}

static enum step send_message(struct pop3_session *s, struct span message)
{
	s->message = message;
	s->more = MORE_MESSAGE;
	s->more_at = 0;
	return pop3_go_on(s);
}

enum step pop3_retr(struct pop3_session *s, struct ctx *ctx, struct span arg)
{
	struct span message;
	size_t i;

	if (!find_message(s, arg, &i))
		return STEP_DONE;
	enum rc rc = RC_OK;
	if (!take_ahead(s, ctx, i, &message))
		rc = read_message(s, ctx, i, false, &message);
	if (rc != RC_OK) {
		pop3_refuse(s, rc);
		return STEP_DONE;
	}
	pop3_ok(s, "%zu octets", message.len);
	return send_message(s, message);
}

enum step pop3_top(struct pop3_session *s, struct ctx *ctx, struct span arg)
{
	struct span message;
	size_t number, lines;

	if (!pop3_top_parse(span_trim(arg), s->snap->len, &number, &lines) ||
		s->deleted[number - 1]) {
		pop3_err(s, "Please give the number of a message and of its lines");
		return STEP_DONE;
	}
	enum rc rc = read_message(s, ctx, number - 1, lines == 0, &message);
	if (rc != RC_OK) {
		pop3_refuse(s, rc);
		return STEP_DONE;
	}
	pop3_ok(s, "The beginning follows");
	return send_message(s, span_sub(message, 0, pop3_top_len(message, lines)));
}

/* --- removing --- */

enum step pop3_dele(struct pop3_session *s, struct ctx *ctx, struct span arg)
{
	size_t i;

	if (!find_message(s, arg, &i))
		return STEP_DONE;
	s->deleted[i] = true;
	pop3_ok(s, "Marked; it goes with QUIT");
	return STEP_DONE;
}

enum step pop3_rset(struct pop3_session *s, struct ctx *ctx, struct span arg)
{
	memset(s->deleted, 0, s->snap->len * sizeof *s->deleted);
	pop3_ok(s, "Nothing is marked");
	return STEP_DONE;
}

enum step pop3_noop(struct pop3_session *s, struct ctx *ctx, struct span arg)
{
	pop3_ok(s, "Nothing done");
	return STEP_DONE;
}

static enum rc remove_marked(struct pop3_session *s, struct ctx *ctx, size_t *out_count)
{
	uint32_t *uids = arena_array(ctx->arena, s->snap->len, sizeof *uids);
	size_t n = 0;

	for (size_t i = 0; i < s->snap->len; i++) {
		if (s->deleted[i])
			uids[n++] = s->snap->uid[i];
	}
	*out_count = n;
	if (n == 0)
		return RC_OK;
	return message_expunge(
		s->options->store, ctx, s->mailbox_id, s->folder_id, uids, n, false, NULL, NULL);
}

enum step pop3_quit(struct pop3_session *s, struct ctx *ctx, struct span arg)
{
	size_t count = 0;
	enum rc rc = RC_OK;

	if (s->state == STATE_TRANS)
		rc = remove_marked(s, ctx, &count);
	pop3_maildrop_lease_drop(s, ctx);
	if (rc == RC_OK)
		pop3_ok(s, "Goodbye, %zu messages removed", count);
	else
		pop3_err(s, "[SYS/TEMP] The marked messages could not be removed");
	log_info("pop3.quit", "conn=%s removed=%zu rc=%s", conn_id(s->conn), count, rc_name(rc));
	return STEP_CLOSE;
}
