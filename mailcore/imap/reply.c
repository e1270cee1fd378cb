/* Answers: see reply.h. */
#include "mailcore/imap/reply.h"

#include <stdarg.h>
#include <stdio.h>

#include "mailcore/imap/commands.h"
#include "mailcore/imap/syntax/lex.h"
#include "mailcore/imap/syntax/mailbox_name.h"

#define TEXT_MAX   1024
#define QUOTED_MAX 200

/* ------------------------------------------------------------------ lines */

/* resp-text = 1*TEXT-CHAR */
static void add_text(struct str *out, const char *text)
{
	for (; *text; text++)
		str_add_c(out, *text >= ' ' && *text < 0x7f ? *text : '?');
	str_add_cstr(out, "\r\n");
}

PRINTF(3, 0) static void add_line(struct imap *s, const char *head, const char *fmt, va_list args)
{
	char text[TEXT_MAX];
	struct str *out = conn_out(s->conn);

	(void)vsnprintf(text, sizeof text, fmt, args); /* too long is cut */
	str_add_cstr(out, head);
	str_add_c(out, ' ');
	add_text(out, text);
}

void imap_reply_tagged(struct imap *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add_line(s, s->tag, fmt, args);
	va_end(args);
}

void imap_reply_untagged(struct imap *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add_line(s, "*", fmt, args);
	va_end(args);
}

void imap_reply_continue(struct imap *s, const char *text)
{
	str_add_cstr(conn_out(s->conn), "+ ");
	add_text(conn_out(s->conn), text);
}

enum step imap_reply_bye(struct imap *s, const char *text)
{
	imap_reply_untagged(s, "BYE %s", text);
	return STEP_CLOSE;
}

/* What has changed in the selected folder, as far as this command lets it be said. False: the
 * folder is gone. */
static bool sync_view(struct command *cmd)
{
	enum sync sync = cmd->row->sync;

	if (sync == SYNC_NONE || cmd->s->state != STATE_SELECTED)
		return true;
	bool may_expunge = sync != SYNC_FLAGS || cmd->uid;
	enum rc rc =
		imap_view_sync(cmd->s, cmd->ctx, sync == SYNC_FRESH, may_expunge, cmd->uid, NULL);
	return rc != RC_NOT_FOUND; /* trouble: said at the next opportunity */
}

static enum step finish(struct command *cmd, const char *word, const char *fmt, va_list args)
{
	char head[IMAP_TAG_MAX + 8];

	if (!sync_view(cmd))
		return imap_reply_bye(cmd->s, "The selected folder was deleted.");
	(void)snprintf(head, sizeof head, "%s %s", cmd->s->tag, word);
	add_line(cmd->s, head, fmt, args);
	return STEP_DONE;
}

enum step imap_reply_ok(struct command *cmd, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	enum step step = finish(cmd, "OK", fmt, args);
	va_end(args);
	return step;
}

enum step imap_reply_no(struct command *cmd, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	enum step step = finish(cmd, "NO", fmt, args);
	va_end(args);
	return step;
}

enum step imap_reply_bad(struct imap *s, const char *fmt, ...)
{
	char head[IMAP_TAG_MAX + 8];
	va_list args;

	(void)snprintf(head, sizeof head, "%s BAD", s->tag);
	va_start(args, fmt);
	add_line(s, head, fmt, args);
	va_end(args);
	if (++s->errors < IMAP_ERRORS_MAX || conn_is_exempt(s->conn))
		return STEP_DONE;
	return imap_reply_bye(s, "Too many errors.");
}

/* RFC 9051 §7.1, RFC 5530 */
static const char *rc_code(enum rc rc)
{
	switch (rc) {
	case RC_OK:
		return "";
	case RC_NOT_FOUND:
		return "[NONEXISTENT] There is no such folder.";
	case RC_EXISTS:
		return "[ALREADYEXISTS] There is a folder of this name already.";
	case RC_INVALID:
		return "[CANNOT] This is not possible.";
	case RC_DENIED:
		return "[NOPERM] This is not allowed.";
	case RC_LIMIT:
		return "[LIMIT] A limit was reached.";
	case RC_CONFLICT:
		return "[INUSE] It was being changed; please try again.";
	case RC_TEMP:
	case RC_CLOSED:
		return "[UNAVAILABLE] The server has trouble; please try again later.";
	}
	return "";
}

enum step imap_reply_rc(struct command *cmd, enum rc rc, const struct err *err)
{
	const char *code = rc_code(rc);

	if (rc == RC_OK)
		return imap_reply_ok(cmd, "Done.");
	if (!err || !err->text[0])
		return imap_reply_no(cmd, "%s", code);
	int code_len = (int)(strchr(code, ']') - code) + 1;
	return imap_reply_no(cmd, "%.*s %s", code_len, code, err->text);
}

/* ------------------------------------------------------------------ strings */

static bool can_be_quoted(struct span text)
{
	if (text.len > QUOTED_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < ' ' || text.ptr[i] >= 0x7f)
			return false;
	}
	return true;
}

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

void imap_reply_literal_head(struct str *out, uint64_t size)
{
	str_addf(out, "{%llu}\r\n", (unsigned long long)size);
}

void imap_reply_octets(struct str *out, struct span bytes)
{
	size_t start = out->len;

	str_add(out, bytes);
	if (!str_ok(out) || !bytes.len || !memchr(bytes.ptr, '\0', bytes.len))
		return;
	for (char *p = out->ptr + start; p < out->ptr + out->len; p++) {
		if (*p == '\0')
			*p = '\x80';
	}
}

void imap_reply_literal(struct str *out, struct span bytes)
{
	if (!bytes.len) {
		str_add_cstr(out, "\"\"");
		return;
	}
	imap_reply_literal_head(out, bytes.len);
	imap_reply_octets(out, bytes);
}

void imap_reply_string(struct str *out, struct span text)
{
	if (can_be_quoted(text))
		add_quoted(out, text);
	else
		imap_reply_literal(out, text);
}

static bool is_atom(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!lex_is_atom_char(text.ptr[i]))
			return false;
	}
	return text.len > 0 && !span_ieq(text, SPAN("NIL"));
}

void imap_reply_mailbox(struct imap *s, struct span name)
{
	struct str *out = conn_out(s->conn);
	char buf[4 * MAILBOX_NAME_MAX];
	struct arena a;

	if (imap_session_is_utf8(s)) {
		if (is_atom(name))
			str_add(out, name);
		else
			add_quoted(out, name);
		return;
	}
	arena_init(&a, sizeof buf);
	struct str wire = str_in(&a, sizeof buf);
	mutf7_encode(name, &wire);
	if (is_atom(str_span(&wire)))
		str_add(out, str_span(&wire));
	else
		add_quoted(out, str_span(&wire));
	arena_done(&a);
}

/* ------------------------------------------------------------------ flags */

static const char *const flag_names[] = { "\\Answered", "\\Flagged", "\\Deleted", "\\Seen",
	"\\Draft" };

static void add_word(struct str *out, struct span word)
{
	if (out->ptr[out->len - 1] != '(')
		str_add_c(out, ' ');
	str_add(out, word);
}

void imap_reply_flags(struct imap *s, const struct snapshot *snap, size_t i)
{
	struct str *out = conn_out(s->conn);

	str_add_c(out, '(');
	for (unsigned bit = 0; bit < 5; bit++) {
		if (snap->flags[i] & 1u << bit)
			add_word(out, span_of(flag_names[bit]));
	}
	for (uint64_t left = snap->keywords[i]; left; left &= left - 1) {
		unsigned bit = (unsigned)__builtin_ctzll(left);
		if (bit < snap->n_keywords)
			add_word(out, snap->keyword_names[bit]);
	}
	if (!s->rev2 && (int64_t)snap->uid[i] >= s->view.first_recent)
		add_word(out, SPAN("\\Recent"));
	str_add_c(out, ')');
}

static void add_flag_names(struct str *out, const struct snapshot *snap)
{
	for (unsigned bit = 0; bit < 5; bit++)
		add_word(out, span_of(flag_names[bit]));
	for (size_t i = 0; i < snap->n_keywords; i++)
		add_word(out, snap->keyword_names[i]);
}

void imap_reply_known_flags(struct imap *s, const struct snapshot *snap)
{
	struct str *out = conn_out(s->conn);

	str_add_cstr(out, "* FLAGS (");
	add_flag_names(out, snap);
	str_add_cstr(out, ")\r\n* OK [PERMANENTFLAGS (");
	if (!s->view.read_only) {
		add_flag_names(out, snap);
		if (snap->n_keywords < 63)
			add_word(out, SPAN("\\*"));
	}
	str_add_cstr(out, ")] Flags that are kept.\r\n");
}

/* ------------------------------------------------------------------ capabilities */

void imap_reply_capabilities(struct imap *s)
{
	struct str *out = conn_out(s->conn);

	str_add_cstr(out,
		"IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID ENABLE IDLE NAMESPACE CHILDREN UNSELECT "
		"UIDPLUS MOVE CONDSTORE QRESYNC ESEARCH SEARCHRES WITHIN LIST-EXTENDED LIST-STATUS "
		"SPECIAL-USE CREATE-SPECIAL-USE STATUS=SIZE UTF8=ACCEPT BINARY MULTIAPPEND REPLACE "
		"QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE OBJECTID PREVIEW SAVEDATE PARTIAL INPROGRESS "
		"SORT SORT=DISPLAY ESORT THREAD=REFERENCES THREAD=ORDEREDSUBJECT");
	str_addf(out, " APPENDLIMIT=%zu", s->options->max_message_size);
	if (s->state != STATE_GREETED) {
		str_add_cstr(out, conn_is_zipped(s->conn) ? "" : " COMPRESS=DEFLATE");
		return;
	}
	if (!conn_is_tls(s->conn) && conn_can_tls(s->conn))
		str_add_cstr(out, " STARTTLS");
	if (!imap_session_may_log_in(s)) {
		str_add_cstr(out, " LOGINDISABLED");
		return;
	}
	str_add_cstr(out, " AUTH=PLAIN AUTH=LOGIN AUTH=SCRAM-SHA-256");
	if (conn_can_bind(s->conn))
		str_add_cstr(out, " AUTH=SCRAM-SHA-256-PLUS");
}
